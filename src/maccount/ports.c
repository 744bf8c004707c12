/* SPDX-License-Identifier: ISC */
#include "maccount/ports.h"

#include <stdlib.h>

uint16_t
ports_of(uint16_t port)
{
	const char *p = getenv("MAILVERBS_PORTS");
	char *end;

	while (p && *p) {
		const unsigned long from = strtoul(p, &end, 10);
		const unsigned long to = *end == '=' ? strtoul(end + 1, &end, 10) : 0;

		if (from == port && to > 0 && to <= UINT16_MAX)
			return (uint16_t)to;
		if (*end != ',')
			break;
		p = end + 1;
	}
	return port;
}
