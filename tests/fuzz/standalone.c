/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files, so that the targets are tests also where there is no libFuzzer. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(const char *path)
{
	static const size_t largest = (size_t)16 << 20;
	FILE *file = fopen(path, "rbe");
	uint8_t *data = malloc(largest);
	size_t size;

	if (!file || !data) {
		perror(path);
		free(data);
		return file ? fclose(file), 1 : 1;
	}
	size = fread(data, 1, largest, file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return fclose(file) ? 1 : 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (run(argv[i]))
			return 1;
	printf("%d files\n", argc - 1);
	return argc < 2;
}
