#!/bin/sh
# Chooses the certificate that nginx uses: the one in certificates/, or one of its own until there is one there.
# The nginx image runs this before nginx starts. It goes on in the background, and reloads nginx when they change.
set -eu
cd "${NGINX_PREFIX:-/etc/nginx}"

if [ ! -e self-signed ]; then
    mkdir self-signed
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=self-signed" \
        -keyout self-signed/privkey.pem -out self-signed/fullchain.pem
fi

# Points tls/ to the certificate to use, and prints what tells it from others.
choose() {
    folder=self-signed
    [ ! -s certificates/fullchain.pem ] || [ ! -s certificates/privkey.pem ] || folder=certificates
    ln -sfn "$folder" tls
    cat tls/fullchain.pem tls/privkey.pem | cksum
}

# nginx keeps the old certificate if the new one is not complete yet.
watch() {
    while sleep 60; do
        found=$(choose)
        if [ "$found" != "$used" ]; then
            echo "The certificate has changed."
            nginx -s reload
            used=$found
        fi
    done
}

used=$(choose)
watch </dev/null &
