// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets of the family AF_AZSPIO: messages between a process and the real-time
 * application that it is connected to.
 * Source: docs/spec/intercore.md; family, address and ioctls as observed.
 *
 * Who a process is comes from its credential, when the socket is made; who a core is,
 * from the image it was started from.  What may pass is a list of pairs, empty at
 * first, that the application manager fills.  Nothing is kept here for a core that does
 * not read: the sender waits.  A receiver that does not read has RECEIVED_MAX messages, and
 * then its core waits, so that no application fills the memory.
 *
 * Order of locks: a core's (io_core.c), then socket_lock.
 */
#include <linux/azure_sphere.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include "abi/azure_sphere.h"
#include "kernel/drivers/azure_sphere/intercore.h"

enum {
	PAIRS_MAX = 32,
	RECEIVED_MAX = 8, /* messages in a socket */
	FLAGS_SEND = MSG_DONTWAIT | MSG_NOSIGNAL,
	FLAGS_RECEIVE = MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC | MSG_CMSG_CLOEXEC,
};

struct intercore_socket {
	struct sock sk; /* first */
	u8 own[INTERCORE_COMPONENT_BYTES];
	/* under socket_lock */
	u8 peer[INTERCORE_COMPONENT_BYTES];
	bool connected;
	struct list_head item; /* of those connected */
};

struct pair {
	bool used;
	u8 source[INTERCORE_COMPONENT_BYTES], destination[INTERCORE_COMPONENT_BYTES];
};

static DEFINE_MUTEX(socket_lock);
static LIST_HEAD(connected_sockets);
static struct pair pairs[PAIRS_MAX];
static bool held_back; /* a core waits for a receiver */

static struct intercore_socket *socket_of(struct sock *sk)
{
	return container_of(sk, struct intercore_socket, sk);
}

static bool same(const u8 *a, const u8 *b)
{
	return memcmp(a, b, INTERCORE_COMPONENT_BYTES) == 0;
}

static bool nobody(const u8 *component)
{
	return !memchr_inv(component, 0, INTERCORE_COMPONENT_BYTES);
}

/* ---- what may pass; under socket_lock ---- */

static struct pair *pair_find(const u8 *source, const u8 *destination)
{
	for (unsigned i = 0; i < PAIRS_MAX; i++)
		if (pairs[i].used && same(pairs[i].source, source) &&
		    same(pairs[i].destination, destination))
			return &pairs[i];
	return NULL;
}

static int pair_add(const u8 *source, const u8 *destination)
{
	if (nobody(source) || nobody(destination))
		return -EINVAL;
	if (pair_find(source, destination))
		return -EEXIST;
	for (unsigned i = 0; i < PAIRS_MAX; i++)
		if (!pairs[i].used) {
			pairs[i].used = true;
			memcpy(pairs[i].source, source, INTERCORE_COMPONENT_BYTES);
			memcpy(pairs[i].destination, destination, INTERCORE_COMPONENT_BYTES);
			return 0;
		}
	return -ENOSPC;
}

static int pair_remove(const u8 *source, const u8 *destination)
{
	int err = -ENOENT;

	for (unsigned i = 0; i < PAIRS_MAX; i++)
		if (pairs[i].used && (nobody(source) || same(pairs[i].source, source)) &&
		    (nobody(destination) || same(pairs[i].destination, destination))) {
			pairs[i].used = false;
			err = 0;
		}
	return err;
}

static bool address_good(const struct intercore_address *address)
{
	return address->family == INTERCORE_FAMILY && address->port == 0;
}

static int socket_ioctl(struct socket *socket, unsigned int command, unsigned long user)
{
	struct intercore_pair pair;
	int err;

	if (command != INTERCORE_ALLOW && command != INTERCORE_DISALLOW)
		return -ENOIOCTLCMD;
	if (!azure_sphere_caller_has(AZURE_SPHERE_CAP_PERIPHERAL_PIN_MAPPING))
		return -EPERM;
	if (copy_from_user(&pair, (void __user *)user, sizeof(pair)))
		return -EFAULT;
	if (!address_good(&pair.source) || !address_good(&pair.destination))
		return -EINVAL;
	mutex_lock(&socket_lock);
	err = (command == INTERCORE_ALLOW ? pair_add : pair_remove)(pair.source.component,
								    pair.destination.component);
	mutex_unlock(&socket_lock);
	return err;
}

/* ---- addresses ---- */

static struct intercore_socket *connected_find(const u8 *own, const u8 *peer)
{
	struct intercore_socket *s;

	list_for_each_entry(s, &connected_sockets, item)
		if (same(s->own, own) && same(s->peer, peer))
			return s;
	return NULL;
}

static int socket_connect(struct socket *socket, struct sockaddr *name, int bytes, int flags)
{
	const struct intercore_address *address = (const struct intercore_address *)name;
	struct intercore_socket *s = socket_of(socket->sk);
	int err = 0;

	if (bytes < (int)sizeof(*address) || !address_good(address))
		return -EINVAL;
	mutex_lock(&socket_lock);
	if (s->connected)
		err = -EISCONN;
	else if (!pair_find(s->own, address->component))
		err = -EPERM;
	else if (connected_find(s->own, address->component))
		err = -EADDRINUSE;
	if (!err) {
		memcpy(s->peer, address->component, sizeof(s->peer));
		s->connected = true;
		list_add(&s->item, &connected_sockets);
		socket->state = SS_CONNECTED;
	}
	mutex_unlock(&socket_lock);
	return err;
}

/* To what it is already. */
static int socket_bind(struct socket *socket, struct sockaddr *name, int bytes)
{
	const struct intercore_address *address = (const struct intercore_address *)name;

	if (bytes < (int)sizeof(*address) || !address_good(address))
		return -EINVAL;
	return same(address->component, socket_of(socket->sk)->own) ? 0 : -EACCES;
}

/* The peer's component; -ENOTCONN, and with a pair that is not allowed any more -EPERM. */
static int peer_get(struct intercore_socket *s, u8 peer[INTERCORE_COMPONENT_BYTES], bool to_send)
{
	int err = -ENOTCONN;

	mutex_lock(&socket_lock);
	if (s->connected) {
		memcpy(peer, s->peer, INTERCORE_COMPONENT_BYTES);
		err = !to_send || pair_find(s->own, s->peer) ? 0 : -EPERM;
	}
	mutex_unlock(&socket_lock);
	return err;
}

static void address_put(void *to, const u8 *component)
{
	struct intercore_address address = { .family = INTERCORE_FAMILY };

	memcpy(address.component, component, sizeof(address.component));
	memcpy(to, &address, sizeof(address));
}

static int socket_getname(struct socket *socket, struct sockaddr *name, int peer)
{
	struct intercore_socket *s = socket_of(socket->sk);
	u8 component[INTERCORE_COMPONENT_BYTES];
	int err = 0;

	if (peer)
		err = peer_get(s, component, false);
	else
		memcpy(component, s->own, sizeof(component));
	if (err)
		return err;
	address_put(name, component);
	return sizeof(struct intercore_address);
}

/* ---- messages ---- */

/* Until there is room, the peer is gone, or the time is up. */
static int send_wait(const u8 *own, const u8 *peer, const u8 *payload, size_t bytes, long wait)
{
	for (;;) {
		const int seen = atomic_read(&intercore_changes);
		const int err = intercore_send(own, peer, payload, bytes);
		long left;

		if (err != -EAGAIN || wait == 0)
			return err;
		left = wait_event_interruptible_timeout(
			intercore_changed, atomic_read(&intercore_changes) != seen, wait);
		if (left < 0)
			return sock_intr_errno(wait);
		wait = left;
	}
}

static int socket_sendmsg(struct socket *socket, struct msghdr *message, size_t bytes)
{
	struct intercore_socket *s = socket_of(socket->sk);
	u8 peer[INTERCORE_COMPONENT_BYTES];
	u8 *payload;
	int err;

	if (message->msg_flags & ~FLAGS_SEND || message->msg_namelen || message->msg_controllen)
		return -EINVAL;
	if (bytes > INTERCORE_PAYLOAD_MAX)
		return -EMSGSIZE;
	err = peer_get(s, peer, true);
	if (err)
		return err;
	payload = kmalloc(INTERCORE_PAYLOAD_MAX, GFP_KERNEL_ACCOUNT);
	if (!payload)
		return -ENOMEM;
	err = memcpy_from_msg(payload, message, bytes);
	if (!err)
		err = send_wait(s->own, peer, payload, bytes,
				sock_sndtimeo(&s->sk, message->msg_flags & MSG_DONTWAIT));
	kfree(payload);
	return err ? err : (int)bytes;
}

static bool full(const struct sock *sk)
{
	return skb_queue_len_lockless(&sk->sk_receive_queue) >= RECEIVED_MAX;
}

int intercore_deliver(const u8 from[INTERCORE_COMPONENT_BYTES],
		      const u8 to[INTERCORE_COMPONENT_BYTES], const u8 *payload, size_t bytes)
{
	struct intercore_socket *s;
	struct sk_buff *skb;
	int err = 0;

	mutex_lock(&socket_lock);
	s = pair_find(from, to) ? connected_find(to, from) : NULL;
	if (!s)
		goto out;
	if (full(&s->sk)) {
		WRITE_ONCE(held_back, true);
		smp_mb(); /* a reader that takes the last message after this sees it */
		if (full(&s->sk)) {
			err = -EAGAIN;
			goto out;
		}
	}
	skb = alloc_skb(bytes, GFP_KERNEL);
	if (!skb)
		goto out; /* lost, as a datagram may be */
	skb_put_data(skb, payload, bytes);
	if (sock_queue_rcv_skb(&s->sk, skb))
		kfree_skb(skb);
out:
	mutex_unlock(&socket_lock);
	return err;
}

static void receiver_has_room(void)
{
	smp_mb();
	if (READ_ONCE(held_back)) {
		WRITE_ONCE(held_back, false);
		intercore_resume();
	}
}

static int socket_recvmsg(struct socket *socket, struct msghdr *message, size_t room, int flags)
{
	struct intercore_socket *s = socket_of(socket->sk);
	u8 peer[INTERCORE_COMPONENT_BYTES];
	struct sk_buff *skb;
	size_t bytes;
	int err;

	if (flags & ~FLAGS_RECEIVE)
		return -EINVAL;
	err = peer_get(s, peer, false);
	if (err)
		return err;
	skb = skb_recv_datagram(&s->sk, flags, &err);
	receiver_has_room();
	if (!skb)
		return err;
	bytes = min_t(size_t, room, skb->len);
	if (bytes < skb->len)
		message->msg_flags |= MSG_TRUNC;
	err = skb_copy_datagram_msg(skb, 0, message, bytes);
	if (!err && message->msg_name) {
		address_put(message->msg_name, peer);
		message->msg_namelen = sizeof(struct intercore_address);
	}
	if (!err)
		err = flags & MSG_TRUNC ? skb->len : bytes;
	skb_free_datagram(&s->sk, skb);
	return err;
}

static __poll_t socket_poll(struct file *file, struct socket *socket, poll_table *table)
{
	struct intercore_socket *s = socket_of(socket->sk);
	u8 peer[INTERCORE_COMPONENT_BYTES];
	__poll_t mask = 0;

	sock_poll_wait(file, socket, table);
	poll_wait(file, &intercore_changed, table);
	if (!skb_queue_empty_lockless(&s->sk.sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (peer_get(s, peer, false) || intercore_ready(peer))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* ---- making and ending ---- */

static int socket_release(struct socket *socket)
{
	struct sock *sk = socket->sk;
	struct intercore_socket *s;

	if (!sk)
		return 0;
	s = socket_of(sk);
	mutex_lock(&socket_lock);
	if (s->connected)
		list_del(&s->item);
	s->connected = false;
	mutex_unlock(&socket_lock);
	/* nothing is delivered any more */
	receiver_has_room();
	sock_orphan(sk);
	socket->sk = NULL;
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
	return 0;
}

static const struct proto_ops operations = {
	.owner = THIS_MODULE,
	.family = INTERCORE_FAMILY,
	.release = socket_release,
	.bind = socket_bind,
	.connect = socket_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = socket_getname,
	.poll = socket_poll,
	.ioctl = socket_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.sendmsg = socket_sendmsg,
	.recvmsg = socket_recvmsg,
	.mmap = sock_no_mmap,
};

static struct proto protocol = {
	.name = "AZSPIO",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct intercore_socket),
};

static int socket_create(struct net *net, struct socket *socket, int number, int kernel)
{
	struct intercore_socket *s;
	struct sock *sk;

	if (socket->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (number != 0)
		return -EPROTONOSUPPORT;
	sk = sk_alloc(net, INTERCORE_FAMILY, GFP_KERNEL, &protocol, kernel);
	if (!sk)
		return -ENOMEM;
	sock_init_data(socket, sk);
	socket->ops = &operations;
	s = socket_of(sk);
	azure_sphere_caller_component(s->own);
	s->connected = false;
	return 0;
}

static const struct net_proto_family family = {
	.family = INTERCORE_FAMILY,
	.create = socket_create,
	.owner = THIS_MODULE,
};

static int __init socket_init(void)
{
	int err = proto_register(&protocol, 1);

	if (err)
		return err;
	err = sock_register(&family);
	if (err)
		proto_unregister(&protocol);
	return err;
}
device_initcall(socket_init);
