"""Vector fields, encoders and decoders in pure torch."""
