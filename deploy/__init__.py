"""What production is made of, beside docker-compose.yml and Dockerfile."""
