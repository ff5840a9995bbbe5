/* SPDX-License-Identifier: Apache-2.0 */
/* How it is learned that this machine goes down: from systemd's jobs, and from the file that tells
 * the agent. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include <hcstate/file.h>
#include <providers/ha/program/systemd.h>

/* ---- a bus whose other end is a systemd that has these jobs */

struct job {
	const char *unit, *type;
};

struct manager {
	int fd;
	const struct job *jobs; /* unit NULL ends them */
	const char *agent;      /* ActiveState */
};

static int answer_jobs(sd_bus_message *call, const struct manager *manager)
{
	sd_bus_message *answer = NULL;
	int r = sd_bus_message_new_method_return(call, &answer);

	if (r >= 0)
		r = sd_bus_message_open_container(answer, 'a', "(usssoo)");
	for (size_t i = 0; r >= 0 && manager->jobs[i].unit; i++)
		r = sd_bus_message_append(answer, "(usssoo)", (uint32_t)i, manager->jobs[i].unit,
					  manager->jobs[i].type, "waiting", "/job", "/unit");
	if (r >= 0)
		r = sd_bus_message_close_container(answer);
	if (r >= 0)
		r = sd_bus_send(NULL, answer, NULL);
	sd_bus_message_unref(answer);
	return r < 0 ? r : 1;
}

static int on_call(sd_bus_message *call, void *data, sd_bus_error *error)
{
	const struct manager *manager = data;

	(void)error;
	if (sd_bus_message_is_method_call(call, "org.freedesktop.systemd1.Manager", "ListJobs"))
		return answer_jobs(call, manager);
	if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "Get"))
		return sd_bus_reply_method_return(call, "v", "s", manager->agent);
	return 0;
}

static void *run_manager(void *data)
{
	struct manager *manager = data;
	sd_bus *bus = NULL;
	sd_id128_t id = {0};
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_fd(bus, manager->fd, manager->fd);
	if (r >= 0)
		r = sd_bus_set_server(bus, 1, id);
	if (r >= 0)
		r = sd_bus_set_anonymous(bus, 1);
	if (r >= 0)
		r = sd_bus_add_filter(bus, NULL, on_call, manager);
	if (r >= 0)
		r = sd_bus_start(bus);
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (!r)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_flush_close_unref(bus);
	return NULL;
}

/* A client of it; the thread ends with the connection. */
static sd_bus *connect_to(struct manager *manager, pthread_t *thread)
{
	sd_bus *bus = NULL;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	manager->fd = fds[1];
	assert_int_equal(pthread_create(thread, NULL, run_manager, manager), 0);
	assert_true(sd_bus_new(&bus) >= 0);
	assert_true(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
	assert_true(sd_bus_start(bus) >= 0);
	return bus;
}

static enum ha_leaving leaving_with(const struct job *jobs)
{
	struct manager manager = {.jobs = jobs, .agent = "active"};
	enum ha_leaving leaving;
	pthread_t thread;
	sd_bus *bus = connect_to(&manager, &thread);

	assert_int_equal(systemd_leaving(bus, &leaving), 0);
	sd_bus_flush_close_unref(bus);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return leaving;
}

static void a_reboot_is_told_from_a_power_off(void **state)
{
	const struct job reboot[] = {{"corosync.service", "stop"}, {"reboot.target", "start"}, {0}};
	const struct job off[] = {{"poweroff.target", "start"}, {"ceph.target", "stop"}, {0}};
	const struct job halt[] = {{"halt.target", "start"}, {0}};

	(void)state;
	assert_int_equal(leaving_with(reboot), HA_REBOOTS);
	assert_int_equal(leaving_with(off), HA_POWERS_OFF);
	assert_int_equal(leaving_with(halt), HA_POWERS_OFF);
}

static void stopping_one_unit_is_no_shutdown(void **state)
{
	const struct job none[] = {{0}};
	const struct job stop[] = {{"hcstate-leave.service", "stop"},
				   {"reboot.target", "stop"},
				   {0}};

	(void)state;
	assert_int_equal(leaving_with(none), HA_STAYS);
	assert_int_equal(leaving_with(stop), HA_STAYS);
}

static void the_agent_is_asked_for(void **state)
{
	static const struct {
		const char *state;
		bool runs;
	} rows[] = {{"active", true}, {"reloading", true}, {"failed", false}, {"inactive", false}};

	(void)state;
	for (size_t i = 0; i < HC_COUNT(rows); i++) {
		struct manager manager = {.agent = rows[i].state};
		pthread_t thread;
		sd_bus *bus = connect_to(&manager, &thread);

		assert_int_equal(systemd_agent_runs(bus), rows[i].runs);
		sd_bus_flush_close_unref(bus);
		assert_int_equal(pthread_join(thread, NULL), 0);
	}
}

/* ---- the file */

static int setup(void **state)
{
	static char directory[] = "/tmp/hcstate-leaving-XXXXXX";

	*state = mkdtemp(directory);
	return *state ? setenv("HCSTATE_RUN", directory, 1) : -1;
}

static int teardown(void **state)
{
	return hc_file_clear(*state);
}

static void what_is_said_is_read(void **state)
{
	(void)state;
	assert_int_equal(leaving_now(), HA_STAYS);
	assert_int_equal(leaving_say(HA_REBOOTS), 0);
	assert_int_equal(leaving_now(), HA_REBOOTS);
	assert_int_equal(leaving_say(HA_POWERS_OFF), 0);
	assert_int_equal(leaving_now(), HA_POWERS_OFF);
	assert_int_equal(leaving_say(HA_STAYS), 0);
	assert_int_equal(leaving_now(), HA_STAYS);
	assert_int_equal(leaving_say(HA_STAYS), 0);
}

static void any_other_word_means_that_it_stays(void **state)
{
	static const char *const texts[] = {
		"", "\n", "rebooting\n", "stays\n",
		"reboot, and a line that is longer than any that is ever written here by us\n"};
	_cleanup_(hc_arena_freep) struct hc_arena *arena = hc_arena_new();

	(void)state;
	for (size_t i = 0; i < HC_COUNT(texts); i++) {
		const char *path = leaving_path(arena);

		assert_int_equal(hc_file_write(path, 0644, texts[i], strlen(texts[i])), 0);
		assert_int_equal(leaving_now(), HA_STAYS);
	}
	assert_int_equal(leaving_say(HA_STAYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reboot_is_told_from_a_power_off),
		cmocka_unit_test(stopping_one_unit_is_no_shutdown),
		cmocka_unit_test(the_agent_is_asked_for),
		cmocka_unit_test(what_is_said_is_read),
		cmocka_unit_test(any_other_word_means_that_it_stays),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
