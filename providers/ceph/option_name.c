/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and values of options. Ceph writes a value down in its own way: a size as bytes, a yes as
 * true, a fraction with six digits. Which way depends on the option's type, which only Ceph knows;
 * so two values are the same when there is one way to read them in which they are.
 */

#include "option_name.h"

#include <math.h>
#include <string.h>

#define NUMBER "0123456789+-.eE"

struct option_name option_name(struct hc_arena *arena, const char *name)
{
	size_t size = strcspn(name, "/");
	const char *section = name + size + (name[size] == '/');

	size = strcspn(section, "/");
	while (section[size] == '/') {
		size_t next = size + 1 + strcspn(section + size + 1, "/");

		if (!memchr(section + size, ':', next - size) || !section[next])
			break;
		size = next;
	}
	return (struct option_name){
		.section = hc_strndup(arena, section, size),
		.option = section + size + (section[size] == '/'),
	};
}

bool option_is_field(const char *section, const char *option)
{
	return !strcmp(section, "global") &&
	       (!strcmp(option, "public_network") || !strcmp(option, "cluster_network"));
}

bool option_is_secret(const char *option)
{
	static const char *const words[] = {"password", "passwd", "secret", "token", "private"};
	size_t size = strlen(option);

	for (size_t i = 0; i < HC_COUNT(words); i++)
		if (strcasestr(option, words[i]))
			return true;
	return size > 4 && !strcmp(option + size - 4, "_key");
}

/* 1: true, 0: false, -1: neither. */
static int truth(const char *text)
{
	if (!strcasecmp(text, "true") || !strcasecmp(text, "yes") || !strcasecmp(text, "on") ||
	    !strcmp(text, "1"))
		return 1;
	if (!strcasecmp(text, "false") || !strcasecmp(text, "no") || !strcasecmp(text, "off") ||
	    !strcmp(text, "0"))
		return 0;
	return -1;
}

/* The factor of "K", "Ki", "KB" and their like; 0: it is none. */
static double factor(const char *unit, double step)
{
	static const char letters[] = "KMGTPE";
	const char *at = *unit ? strchr(letters, *unit) : NULL;
	double found = 1;

	if (!*unit || !strcmp(unit, "B"))
		return 1;
	if (!at && *unit == 'k')
		at = letters;
	if (!at || (unit[1] && strcmp(unit + 1, "i") != 0 && strcmp(unit + 1, "B") != 0 &&
		    strcmp(unit + 1, "iB") != 0))
		return 0;
	for (const char *p = letters; p <= at; p++)
		found *= unit[1] == 'i' ? 1024 : step;
	return found;
}

static bool number(const char *text, double step, double *value)
{
	char *end;

	if (!*text || !strchr(NUMBER, *text))
		return false;
	*value = strtod(text, &end);
	if (end == text)
		return false;
	end += strspn(end, " ");
	*value *= factor(end, step);
	return factor(end, step) > 0 && isfinite(*value);
}

/* Ceph keeps six digits behind the point. */
static bool near(double a, double b)
{
	return fabs(a - b) <= 0.5e-6 || fabs(a - b) <= 1e-12 * fabs(a);
}

static bool same_number(const char *a, const char *b, double step)
{
	double x, y;

	return number(a, step, &x) && number(b, step, &y) && near(x, y);
}

bool option_same(const char *a, const char *b)
{
	return !strcmp(a, b) || (truth(a) >= 0 && truth(a) == truth(b)) ||
	       same_number(a, b, 1000) || same_number(a, b, 1024);
}

int option_set(struct hc_call *call, struct ceph *self, const char *section, const char *option,
	       const char *value)
{
	return tell_mon(call, self->connection,
			command("config set", "who", section, "name", option, "value", value,
				NULL));
}

int option_remove(struct hc_call *call, struct ceph *self, const char *section, const char *option)
{
	return tell_mon(call, self->connection,
			command("config rm", "who", section, "name", option, NULL));
}
