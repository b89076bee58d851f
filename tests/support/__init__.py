"""What tests share: examples, fakes, the local cloud as a user sees it, ways to make it fail."""
