/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench/download.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/device_api.h"
#include "bench/load.h"
#include "lib/guid.h"

enum { CLIENTS = 4, PATH_BYTES = 4096, FILE_BYTES = PATH_BYTES + 32, NGINX_PORT = 18444, BODY_BYTES = 1 << 20 };

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: download: %s\n", what);
    exit(1);
}

struct reader {
    struct fleet *fleet;
    struct fleet_device *device;
    const struct service *service;
    const char *ca, *path;
    unsigned port;
    pthread_barrier_t *begin;
    atomic_bool *over;
    pthread_t thread;
    uint64_t bytes;
    bool failed;
};

static void *reader_run(void *context)
{
    struct reader *r = context;
    struct client *client = calloc(1, sizeof *client);
    need(client != NULL, "no memory");
    client_init(client, r->service->port, r->ca);
    r->failed = !load_certificate(r->fleet, r->device, client);
    client_close(client);
    client->port = r->port;
    r->failed |= !client_connect(client);
    pthread_barrier_wait(r->begin);
    pthread_barrier_wait(r->begin);
    while (!r->failed && !atomic_load(r->over)) {
        uint64_t got = client_drain(client, r->path);
        r->bytes += got;
        r->failed = got == 0;
    }
    client_release(client);
    free(client);
    return NULL;
}

/* From the port, by CLIENTS devices; CPU time is that of the processes of measured. */
static bool measure(struct fleet *fleet, const struct service *service, const struct service *measured, unsigned port,
                    const char *ca, const char *path, double seconds, double *per_cpu_s, double *per_s)
{
    struct reader readers[CLIENTS];
    pthread_barrier_t begin;
    atomic_bool over = false;
    uint64_t bytes = 0;
    bool failed = false;
    pthread_barrier_init(&begin, NULL, CLIENTS + 1);
    for (unsigned i = 0; i < CLIENTS; i++) {
        readers[i] = (struct reader){.fleet = fleet, .device = &fleet->at[i], .service = service, .ca = ca, .path = path,
                                     .port = port, .begin = &begin, .over = &over};
        need(pthread_create(&readers[i].thread, NULL, reader_run, &readers[i]) == 0, "no thread");
    }
    pthread_barrier_wait(&begin);
    double cpu = service_cpu_s(measured);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    pthread_barrier_wait(&begin);
    nanosleep(&(struct timespec){(time_t)seconds, 0}, NULL);
    atomic_store(&over, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(readers[i].thread, NULL);
        bytes += readers[i].bytes;
        failed |= readers[i].failed;
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double wall = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    cpu = service_cpu_s(measured) - cpu;
    pthread_barrier_destroy(&begin);
    service_cpu_show(measured);
    *per_s = (double)bytes / 1048576 / wall;
    *per_cpu_s = cpu > 0 ? (double)bytes / 1048576 / cpu : 0;
    if (failed)
        fprintf(stderr, "bench: a download of %s from port %u failed\n", path, port);
    return !failed;
}

/* -- nginx ---------------------------------------------------------------------- */

static void configuration_write(const struct service *service, const char *folder)
{
    char path[FILE_BYTES];
    snprintf(path, sizeof path, "%s/nginx.conf", folder);
    FILE *f = fopen(path, "w");
    need(f != NULL, "cannot write nginx.conf");
    fprintf(f,
            "daemon off; user root; worker_processes 1; pid %s/nginx.pid; error_log %s/nginx.log;\n"
            "events { worker_connections 64; }\n"
            "http { access_log %s/access.log; sendfile on; keepalive_requests 1000000;\n"
            "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
            "server { listen 127.0.0.1:%d ssl; ssl_certificate %s/front/cert.pem; ssl_certificate_key %s/front/key.pem;\n"
            "ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;\n"
            "ssl_client_certificate %s/ca.pem; ssl_verify_client on; ssl_verify_depth 3; root %s/files; } }\n",
            folder, folder, folder, folder, folder, folder, folder, folder, NGINX_PORT, service->data, service->data,
            folder, folder);
    need(fclose(f) == 0, "cannot write nginx.conf");
    /* Devices show their leaf alone: nginx is told the CA that signs them as well. */
    char command[3 * PATH_BYTES];
    snprintf(command, sizeof command, "cat '%s/front/anchors/os.pem' '%s/root.pem' >'%s/ca.pem'", service->data, service->data, folder);
    need(system(command) == 0, "cannot write ca.pem");
}

static pid_t nginx_start(const char *folder)
{
    char path[FILE_BYTES];
    snprintf(path, sizeof path, "%s/nginx.conf", folder);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr) || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
            _exit(127);
        execlp("nginx", "nginx", "-c", path, "-p", folder, (char *)NULL);
        execl("/usr/sbin/nginx", "nginx", "-c", path, "-p", folder, (char *)NULL);
        _exit(127);
    }
    nanosleep(&(struct timespec){1, 0}, NULL);
    return pid > 0 && waitpid(pid, NULL, WNOHANG) == 0 ? pid : 0;
}

static void nginx_measure(struct fleet *fleet, const struct service *service, const char *ca, struct span file, double seconds,
                          struct download_result *out)
{
    char folder[PATH_BYTES], path[FILE_BYTES], command[FILE_BYTES];
    /* beside the data, whose folder goes whoever ends us */
    need(snprintf(folder, sizeof folder, "%s.nginx-XXXXXX", service->data) < PATH_BYTES && mkdtemp(folder) != NULL, "no folder");
    snprintf(command, sizeof command, "mkdir '%s/files'", folder);
    need(system(command) == 0, "no folder");
    snprintf(path, sizeof path, "%s/files/image", folder);
    FILE *f = fopen(path, "w");
    need(f && fwrite(file.at, 1, file.len, f) == file.len && fclose(f) == 0, "cannot write the file");
    configuration_write(service, folder);
    struct service nginx = {.supervisor = nginx_start(folder)};
    if (nginx.supervisor) {
        out->failed |= !measure(fleet, service, &nginx, NGINX_PORT, ca, "/image", seconds, &out->nginx_mib_per_cpu_s,
                                &out->nginx_mib_per_s);
        service_stop(&nginx);
    } else {
        fprintf(stderr, "bench: nginx is not installed, or does not start: no limit\n");
    }
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    need(system(command) == 0, "cannot remove the folder");
}

/* -- ours ----------------------------------------------------------------------- */

struct download_result download_measure(struct fleet *fleet, const struct service *service, const char *ca,
                                        const char *certificate, const char *key, double seconds)
{
    struct download_result out = {0};
    struct client *operator = calloc(1, sizeof *operator);
    char path[256], id[GUID_TEXT_BYTES];
    need(operator != NULL, "no memory");
    client_init(operator, service->port, ca);
    client_identity_files(operator, certificate, key);
    need(client_connect(operator), "cannot connect as operator");
    struct span file = fleet_release_large(operator, BODY_BYTES, id);
    client_release(operator);
    free(operator);
    snprintf(path, sizeof path, DEVICE_API_IMAGES "%s", id);
    out.failed = !measure(fleet, service, service, service->port, ca, path, seconds, &out.service_mib_per_cpu_s,
                          &out.service_mib_per_s);
    if (!out.failed)
        nginx_measure(fleet, service, ca, file, seconds, &out);
    free((void *)(uintptr_t)file.at);
    return out;
}
