"""What the domain name system says about the sender: SPF, DKIM, DMARC, and where answers go. No models, no settings."""
