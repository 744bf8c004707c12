/* SPDX-License-Identifier: ISC */
/*
 * ports - where tests put servers that have a fixed port elsewhere.
 *
 * MAILVERBS_PORTS=443=8443,993=10993 means: a connection that would go to port 443 of a host goes
 * to its port 8443. The names in certificates, and what is printed, stay as they are.
 */
#ifndef MAILVERBS_MACCOUNT_PORTS_H
#define MAILVERBS_MACCOUNT_PORTS_H

#include <stdint.h>

uint16_t ports_of(uint16_t port);

#endif
