/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: who is at the other end, and what is told of oneself. */

#include "agent_notify.h"

static const char *never_end(const struct server *server, const char *request)
{
	(void)server, (void)request;
	return too_much;
}

static void an_answer_without_end_is_an_answer(void **state)
{
	struct scene *scene = *state;

	scene->server.answer = never_end;
	start(scene);
	post(scene, "drift", 1);
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 2);
	assert_string_equal(body(&scene->server, 1), "{\"n\":2}");
	assert_int_equal(complaints(scene), 0);
}

static void put_header(struct scene *scene, const char *text)
{
	scene->hooks[0].header_file = hc_printf(scene->arena, "%s/header", scene->directory);
	assert_int_equal(hc_file_write(scene->hooks[0].header_file, 0600, text, strlen(text)), 0);
}

static void the_header_is_read_for_each(void **state)
{
	struct scene *scene = *state;

	put_header(scene, "Authorization: Bearer one\n");
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->server.arrived, 1);
	put_header(scene, "Authorization: Bearer two\r\n");
	post(scene, "drift", 2);
	wait_for(&scene->server.arrived, 1);
	assert_non_null(strstr(scene->server.requests[0], "\r\nAuthorization: Bearer one\r\n"));
	assert_non_null(strstr(scene->server.requests[1], "\r\nAuthorization: Bearer two\r\n"));
}

static void a_bad_header_keeps_all_from_going_until_it_is_mended(void **state)
{
	static const char *const bad[] = {"A: secret\nB: secret\n", "secret\n", ": secret\n",
					  "A: sec\x01ret\n", ""};
	struct scene *scene = *state;

	for (size_t i = 0; i < HC_COUNT(bad); i++) {
		put_header(scene, bad[i]);
		start(scene);
		post(scene, "drift", 1);
		wait_for(&scene->complained, 2);
		stop(scene);
		while (!sem_trywait(&scene->complained))
			continue;
		assert_true(complains(scene, "its header_file is no"));
		assert_false(complains(scene, "secret"));
		assert_int_equal(scene->server.asked, 0);
	}
	assert_int_equal(unlink(scene->hooks[0].header_file), 0);
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 2);
	assert_true(complains(scene, "header_file"));
	put_header(scene, "A: b");
	wait_for(&scene->server.arrived, 1);
	assert_non_null(strstr(scene->server.requests[0], "\r\nA: b\r\n"));
}

static void only_http_is_spoken(void **state)
{
	struct scene *scene = *state;

	scene->hooks[0].url = "ftp://127.0.0.1/";
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 1);
	assert_true(complains(scene, "does not take an event, which is dropped"));
}

/* A server of one's own making: the certificate vouches for itself. Says its port, then each body.
 */
static const char tls_server[] =
	"import http.server, os, ssl, subprocess, sys, threading\n"
	"def end():\n" /* with the test, however that ends */
	"    sys.stdin.read()\n"
	"    os._exit(0)\n"
	"threading.Thread(target=end).start()\n"
	"where = sys.argv[1]\n"
	"subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',\n"
	"    'ec_paramgen_curve:P-256', '-nodes', '-keyout', where + '/key', '-out',\n"
	"    where + '/ca', '-subj', '/CN=hook', '-addext', 'subjectAltName=IP:127.0.0.1'],\n"
	"    check=True, capture_output=True)\n"
	"class Handler(http.server.BaseHTTPRequestHandler):\n"
	"    def do_POST(self):\n"
	"        body = self.rfile.read(int(self.headers['Content-Length']))\n"
	"        self.send_response(204)\n"
	"        self.end_headers()\n"
	"        print(body.decode(), flush=True)\n"
	"    def log_message(self, *_):\n"
	"        pass\n"
	"server = http.server.HTTPServer(('127.0.0.1', 0), Handler)\n"
	"context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
	"context.load_cert_chain(where + '/ca', where + '/key')\n"
	"server.socket = context.wrap_socket(server.socket, server_side=True)\n"
	"print(server.server_port, flush=True)\n"
	"server.serve_forever()\n";

/* What the child says next, with its newline. */
static const char *child_line(struct scene *scene)
{
	struct pollfd out = {.fd = scene->tls.out, .events = POLLIN};
	char text[256];
	size_t n = 0;

	do {
		assert_true(n + 1 < sizeof(text) && poll(&out, 1, -1) == 1);
		assert_int_equal(read(scene->tls.out, text + n, 1), 1);
	} while (text[n++] != '\n');
	return hc_strndup(scene->arena, text, n);
}

static void only_who_is_vouched_for_is_told(void **state)
{
	struct scene *scene = *state;
	const char *const argv[] = {"python3", "-c", tls_server, scene->directory, NULL};

	assert_int_equal(hc_spawn(scene->arena, argv, true, true, &scene->tls), 0);
	scene->hooks[0].url = hc_printf(scene->arena, "https://127.0.0.1:%lu/secret-path",
					strtoul(child_line(scene), NULL, 10));
	start(scene);
	post(scene, "drift", 1);
	wait_for(&scene->complained, 2);
	stop(scene);
	assert_true(complains(scene, "certificate"));
	scene->hooks[0].ca_file = hc_printf(scene->arena, "%s/ca", scene->directory);
	start(scene);
	post(scene, "drift", 2);
	assert_string_equal(child_line(scene), "{\"n\":2}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_without_end_is_an_answer),
		TEST(the_header_is_read_for_each),
		TEST(a_bad_header_keeps_all_from_going_until_it_is_mended),
		TEST(only_http_is_spoken),
		TEST(only_who_is_vouched_for_is_told),
	};

	(void)alarm(120); /* a test that waits for what never comes */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
