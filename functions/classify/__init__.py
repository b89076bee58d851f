"""classify: an SQS batch of S3 events in; photos with their types in both stores out."""
