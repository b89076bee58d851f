"""What every part of the photo library shares: domain types, settings, S3 events and the two stores."""
