// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The device attests as its OS service would: a fresh client key, evidence over a
 * nonce, the key committed, a digest signed with it.  What Pluton answered is printed
 * for the test on the host, which appraises it (tests/mcu/evidence_test.c):
 *   evidence HEX      COSE_Sign1 over the nonce 00 01 .. 1f, tenant zero
 *   signature HEX     by the client key, over 32 bytes A5
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/azure_sphere.h"
#include "abi/pluton_call.h"
#include "kernel/testing/check.h"

enum { NONCE_BYTES = 32, DIGEST_BYTES = 32, KEY_BYTES = 64, SIGNATURE_BYTES = 64 };

static unsigned char reply[PLUTON_PAYLOAD_MAX];

/* Bytes of the reply, or -1 unless Pluton said yes. */
static int ask(int fd, unsigned number, const void *request, unsigned bytes)
{
	struct azure_sphere_call c = {
		.number = number,
		.request = (unsigned)(uintptr_t)request,
		.request_bytes = bytes,
		.reply = (unsigned)(uintptr_t)reply,
		.reply_room = sizeof reply,
	};

	memset(reply, 0, sizeof reply);
	return ioctl(fd, (int)AZURE_SPHERE_CALL, &c) || c.status != PLUTON_OK ? -1 : (int)c.reply_bytes;
}

static void print(const char *name, int bytes)
{
	printf("%s ", name);
	for (int i = 0; i < bytes; i++)
		printf("%02x", reply[i]);
	printf("\n");
}

void evidence_checks(void)
{
	unsigned char request[PLUTON_TENANT_BYTES + NONCE_BYTES] = { 0 };
	const int fd = open(AZURE_SPHERE_PLUTON_DEVICE, O_RDWR | O_CLOEXEC);
	int got;

	check("evidence", "a client key is made",
	      ask(fd, PLUTON_GENERATE_CLIENT_AUTH_KEY, request, PLUTON_TENANT_BYTES) == KEY_BYTES, "refused");
	for (unsigned i = 0; i < NONCE_BYTES; i++)
		request[PLUTON_TENANT_BYTES + i] = (unsigned char)i;
	got = ask(fd, PLUTON_PROCESS_ATTESTATION, request, sizeof request);
	check("evidence", "Pluton attests", got > 0, "refused");
	print("evidence", got);
	check("evidence", "the key is committed",
	      ask(fd, PLUTON_COMMIT_CLIENT_AUTH_KEY, request, PLUTON_TENANT_BYTES) == 0, "refused");
	memset(request + PLUTON_TENANT_BYTES, 0xA5, DIGEST_BYTES);
	got = ask(fd, PLUTON_SIGN_WITH_TENANT_ATTESTATION_KEY, request, sizeof request);
	check("evidence", "and signs", got == SIGNATURE_BYTES, "refused");
	print("signature", got);
	close(fd);
}
