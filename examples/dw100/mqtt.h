/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As much of MQTT 3.1.1 as a sensor needs: connect, publish with QoS 1, over
 * TLS 1.3 with the device's own certificate.
 * Source: OASIS MQTT 3.1.1, sections 3.1 to 3.4.
 */
#ifndef DW100_MQTT_H
#define DW100_MQTT_H

#include <stdint.h>

struct mqtt {
    void *context; /* WOLFSSL_CTX */
    void *session; /* WOLFSSL */
    int fd;
    uint16_t next_id;
};

/* 0; or -1 after a line in the log that says what failed.  anchor: PEM file that
 * the broker's certificate must chain to. */
int mqtt_connect(struct mqtt *mqtt, const char *host, const char *port, const char *anchor,
                 const char *client_id);
/* Waits for the broker's acknowledgement. */
int mqtt_publish(struct mqtt *mqtt, const char *topic, const char *payload);
void mqtt_close(struct mqtt *mqtt);

#endif
