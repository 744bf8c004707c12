/* SPDX-License-Identifier: ISC */
/*
 * probe_json - a probe's report as a JSON object.
 */
#ifndef MAILVERBS_APP_PROBE_JSON_H
#define MAILVERBS_APP_PROBE_JSON_H

#include "app/probe.h"

struct run;

/* How a run shows its report: as an object on standard output with --json, in which everything that
 * is not known is null, and otherwise as lines. */
probe_show *probe_form(const struct run *run);

#endif
