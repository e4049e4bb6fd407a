#!/bin/sh
# Obtains a certificate from Let's Encrypt, renews it a month before it expires, and puts it into the proxy's folder.
set -u
host=${SITE_URL#*://}
trap exit TERM

while :; do
    # Asks Let's Encrypt only if there is none, if it expires soon, or if the names have changed.
    if certbot certonly --non-interactive --agree-tos --register-unsafely-without-email --keep-until-expiring \
        --renew-with-new-domains --webroot --webroot-path /acme --cert-name site \
        --domain "${CERTIFICATE_NAMES:-${host%%[:/]*}}"; then
        # Moved into place, so that a container that is stopped meanwhile leaves no half of a file.
        for name in privkey fullchain; do
            cp -L "/etc/letsencrypt/live/site/$name.pem" "/certificates/.$name.pem" &&
                mv "/certificates/.$name.pem" "/certificates/$name.pem"
        done
        pause=12h
    else
        # Let's Encrypt allows five failures in an hour.
        pause=1h
    fi
    sleep "$pause" &
    wait $!
done
