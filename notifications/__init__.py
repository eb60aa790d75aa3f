"""Messages to customers and staff: written as rows, delivered by a job."""
