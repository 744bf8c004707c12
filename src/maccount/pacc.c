/* SPDX-License-Identifier: ISC */
#include "maccount/pacc.h"

#include <gnutls/gnutls.h>
#include <jansson.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "maccount/candidate.h"

/* The value of a tag in a list of TAG=VALUE with semicolons between; its length in *LEN. */
static const char *
tag(const char *list, const char *name, size_t *len)
{
	for (const char *p = list; *p; p += *p == ';') {
		p += strspn(p, " \t");
		*len = strcspn(p, ";");
		if (text_begins(p, name) && p[strlen(name)] == '=') {
			const char *value = p + strlen(name) + 1;

			*len -= (size_t)(value - p);
			while (*len > 0 && strchr(" \t", value[*len - 1]))
				(*len)--;
			return value;
		}
		p += *len;
	}
	return NULL;
}

bool
pacc_is_digest_of(const char *txt, const void *json, size_t len)
{
	unsigned char digest[DIGEST_SIZE];
	gnutls_datum_t base64, decoded = {0};
	size_t n, algorithm_len;
	const char *version = tag(txt, "v", &n), *value;
	const char *algorithm = tag(txt, "a", &algorithm_len);
	bool is;

	if (!version || n != 5 || strncmp(version, "UAAC1", n) != 0 || !algorithm ||
	    algorithm_len != 6 || !text_starts(algorithm, algorithm_len, "sha256") ||
	    !(value = tag(txt, "d", &n)))
		return false;
	base64 = (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)value, .size = (unsigned)n};
	if (gnutls_base64_decode2(&base64, &decoded) != GNUTLS_E_SUCCESS)
		return false;
	digest_sha256(json, len, digest);
	is = decoded.size == DIGEST_SIZE && memcmp(decoded.data, digest, DIGEST_SIZE) == 0;
	gnutls_free(decoded.data);
	return is;
}

static void
add_server(const json_t *server, enum protocol protocol, uint16_t port, const char *source,
	   bool is_oauth2_only, struct candidates *c)
{
	const char *host = json_string_value(json_object_get(server, "host"));
	const json_int_t own = json_integer_value(json_object_get(server, "port"));
	char oauth2[] = "oauthbearer";
	struct candidate one = {
	    .url = {.protocol = protocol, .security = SECURITY_TLS, .port = port},
	    .source = (char *)(uintptr_t)source,
	    .auth = is_oauth2_only ? oauth2 : NULL};

	if (!host || !candidate_is_host(host))
		return;
	if (own > 0 && own <= UINT16_MAX)
		one.url.port = (uint16_t)own;
	strcpy(one.url.host, host);
	candidates_add(c, &one);
}

bool
pacc_parse(const char *json, size_t len, const char *source, struct candidates *c, struct err *e)
{
	static const struct {
		const char *name;
		enum protocol protocol;
		uint16_t port;
	} known[] = {
	    {"imap", PROTOCOL_IMAP, 993},
	    {"pop3", PROTOCOL_POP3, 995},
	    {"submit", PROTOCOL_SMTP, 465},
	    {"smtp", PROTOCOL_SMTP, 465},
	};
	json_error_t error;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &error);
	const json_t *protocols = json_object_get(root, "protocols");
	const json_t *authentication = json_object_get(root, "authentication");
	const json_t *oauth = json_object_get(authentication, "oauth-public");
	const char *issuer = json_string_value(json_object_get(oauth, "issuer"));
	const bool is_oauth2_only =
	    oauth && !json_is_true(json_object_get(authentication, "password"));
	const bool ok = json_is_object(root);

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		add_server(json_object_get(protocols, known[i].name), known[i].protocol,
			   known[i].port, source, is_oauth2_only, c);
	candidates_state(c, STATED_ISSUER, issuer, source);
	json_decref(root);
	return ok || err_set(e, ERR_PROTOCOL, "%s: not a JSON object", source);
}
