"""PostgreSQL and Temporal from pip packages, run as children of this process."""
