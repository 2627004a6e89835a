"""What is: fixtures read into immutable tables."""
