"""The bucket: photos under uploads/, and their thumbnails under thumbnails/."""
