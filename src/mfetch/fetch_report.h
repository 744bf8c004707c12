/* SPDX-License-Identifier: ISC */
/*
 * fetch_report - what a turn tells about itself: the plan of --dry-run, and remarks.
 */
#ifndef MAILVERBS_MFETCH_FETCH_REPORT_H
#define MAILVERBS_MFETCH_FETCH_REPORT_H

struct fetch;

/* The lines of --dry-run: where messages would go, and how many. */
void fetch_show_destination(const struct fetch *f);
void fetch_show_counts(const struct fetch *f);

/* The server deletes messages that --keep promises to leave there. */
void fetch_remark_on_expiry(const struct fetch *f);

/* Nothing is deleted by age, because the clock cannot be trusted. */
void fetch_remark_on_clock(const struct fetch *f);

/* This mailbox is new, and the same user's folder on another server is not: it may be the same
 * one under a new name. */
void fetch_remark_on_rename(const struct fetch *f);

#endif
