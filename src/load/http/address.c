/*
 * address.c
 *	  Which network addresses are nobody's business outside.
 *
 * A user who names a bucket, or whoever answers for a name in DNS, must not make the
 * server ask services of its own machine or network, such as the one that gives out the machine's
 * credentials.  The registries of special addresses for IPv4 and IPv6 say which these are; IPv6
 * addresses that carry an IPv4 address are what that is.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "load/http/address.h"

typedef struct Block4
{
	uint32		address;
	int			bits;
} Block4;

#define IPV4(a, b, c, d)	((uint32) (a) << 24 | (uint32) (b) << 16 | (uint32) (c) << 8 | (uint32) (d))

static const Block4 private4[] = {
	{IPV4(0, 0, 0, 0), 8},		/* this network */
	{IPV4(10, 0, 0, 0), 8},
	{IPV4(100, 64, 0, 0), 10},	/* shared by a carrier's customers */
	{IPV4(127, 0, 0, 0), 8},	/* loopback */
	{IPV4(169, 254, 0, 0), 16}, /* link-local */
	{IPV4(172, 16, 0, 0), 12},
	{IPV4(192, 0, 0, 0), 24},	/* protocols' own */
	{IPV4(192, 168, 0, 0), 16},
	{IPV4(198, 18, 0, 0), 15},	/* benchmarks */
	{IPV4(224, 0, 0, 0), 4},	/* multicast */
	{IPV4(240, 0, 0, 0), 4}		/* reserved, broadcast */
};

static bool
is_private4(uint32 address)
{
	for (int i = 0; i < (int) lengthof(private4); i++)
		if ((address ^ private4[i].address) >> (32 - private4[i].bits) == 0)
			return true;
	return false;
}

static uint32
embedded4(const uint8 *bytes)
{
	return IPV4(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static bool
is_private6(const uint8 *bytes)
{
	static const uint8 zeros[12];
	static const uint8 nat64[12] = {0x00, 0x64, 0xff, 0x9b};

	/* None, loopback, and the IPv4 addresses that were once written so. */
	if (memcmp(bytes, zeros, 12) == 0)
		return true;
	if (memcmp(bytes, zeros, 10) == 0 && bytes[10] == 0xff && bytes[11] == 0xff)
		return is_private4(embedded4(bytes + 12));
	if (memcmp(bytes, nat64, 12) == 0)
		return is_private4(embedded4(bytes + 12));
	if (bytes[0] == 0x20 && bytes[1] == 0x02)	/* 6to4 */
		return is_private4(embedded4(bytes + 2));

	/* Public hosts have addresses of 2000::/3, but for Teredo's, and documentation's. */
	if ((bytes[0] & 0xe0) != 0x20)
		return true;
	return bytes[0] == 0x20 && bytes[1] == 0x01 &&
		((bytes[2] == 0 && bytes[3] == 0) || (bytes[2] == 0x0d && bytes[3] == 0xb8));
}

bool
rs_address_is_private(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
	{
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return is_private4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6)
	{
		struct sockaddr_in6 in;

		memcpy(&in, address, sizeof(in));
		return is_private6(in.sin6_addr.s6_addr);
	}
	return true;
}

bool
rs_address_text_is_private(const char *address)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, address, &in) == 1)
		return is_private4(ntohl(in.s_addr));
	if (inet_pton(AF_INET6, address, &in6) == 1)
		return is_private6(in6.s6_addr);
	return true;
}
