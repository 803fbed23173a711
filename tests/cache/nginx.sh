# SPDX-License-Identifier: BSD-2-Clause
# Debian's nginx as a cache in front of a service that runs here, as docs/operate.md has it; sourced, in $work of tools/demo_steps.sh.
#   nginx_new      nginx.conf: images on https://$nginx_at, kept; revocation lists on http://127.0.0.1:9080.  Requests are lines
#                  of $log/access: "METHOD PATH STATUS HIT-OR-MISS AGENT RANGE"
#   nginx_start    up and answering; $nginx
nginx_at=127.0.0.1:9443
nginx_new() {
    local to_service="proxy_pass https://127.0.0.1:8443; proxy_http_version 1.1; proxy_set_header Connection \"\";
            proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_name localhost; proxy_ssl_protocols TLSv1.3;
            proxy_ssl_trusted_certificate $work/service/root.pem;"
    mkdir cache
    cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $work/nginx.pid;
error_log $log/nginx;
events {}
http {
    log_format short '\$request_method \$uri \$status \$upstream_cache_status \$http_user_agent \$http_range';
    access_log $log/access short;
    client_body_temp_path $work/cache/body;
    proxy_temp_path $work/cache/temp;
    fastcgi_temp_path $work/cache/f;
    uwsgi_temp_path $work/cache/u;
    scgi_temp_path $work/cache/s;
    proxy_cache_path $work/cache/kept keys_zone=images:1m max_size=64m use_temp_path=off;
    server {
        listen $nginx_at ssl;
        server_name localhost;
        ssl_protocols TLSv1.3;
        ssl_certificate $work/service/front/cert.pem;
        ssl_certificate_key $work/service/front/key.pem;
        location /images/v1/ {
            $to_service
            proxy_cache images;
            proxy_cache_key \$uri;
            proxy_cache_lock on;
            add_header X-Cache \$upstream_cache_status always;
        }
        location / { return 404; }
    }
    server { # revocation lists, for relying parties that take them from where a certificate says
        listen 127.0.0.1:9080;
        location /crl/ {
            $to_service
        }
        location / { return 404; }
    }
}
CONF
    : >"$log/access"
}
nginx_start() {
    nginx -c "$work/nginx.conf" -e "$log/nginx" &
    nginx=$!
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        ! curl -s --cacert service/root.pem -o /dev/null --connect-to "::$nginx_at" https://localhost/ || return 0
        sleep 0.05
    done
    failed "nginx does not answer: $log/nginx"
}
