"""What a viewer sees: our event files in a real TensorBoard in a real browser."""
