"""Read what comes back by mail: bounces, complaints, and readers who leave. Functions of bytes, without a database."""
