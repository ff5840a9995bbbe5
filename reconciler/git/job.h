/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What one run of hcstate-git is asked for, and what has become of it so far. */

#include <git2.h>
#include <json-c/json_types.h>

#include <hcstate/base.h>

enum {
	JOB_LONGEST_REQUEST = 4 << 20,
	JOB_MOST_FILES = 100000,
	JOB_MOST_HUNKS = 200000,
	JOB_LARGEST_FILE = 64 << 20,
	JOB_LARGEST = 256 << 20, /* all files together */
	JOB_DEEPEST = 16,        /* directories in directories, as for manifests on a disk */
};

/* The first two are a mirror's: see filter.c for why they are two. */
enum job_verb {
	JOB_FETCH, /* bring what is newest, and say which commit that is */
	JOB_CHECK, /* judge that commit, and read it */
	JOB_READ,  /* read one revision of what is there */
};

/* Lines of a file that a commit brought. */
struct job_hunk {
	uint32_t first, lines;
	git_oid commit;
};

struct job_file {
	const char *path; /* within the repository */
	git_oid blob;
	uint64_t size;
	const struct job_hunk *hunk; /* NULL: that is not known */
	size_t nhunk;
};

struct job {
	struct hc_arena *arena;

	/* Asked for; NULL: not said. */
	enum job_verb verb;
	const char *directory; /* where the mirror is kept; read: the repository */
	const char *url, *branch, *tag, *commit;
	const char *revision; /* read: as gitrevisions(7) */
	const char *fetched;  /* check: the commit's id */
	const char *path;     /* the directory within the repository; NULL: all of it */
	const char *known;    /* the newest commit that was found good before */
	const char *loaded;   /* the commit that the asker has whole */
	bool allow_rewind;
	const char *username, *password, *ssh_key, *known_hosts, *ca, *allowed_signers;
	uint64_t blame_us; /* how long may be spent on who brought which line */

	/* Found. */
	git_repository *repo;
	int lock;     /* held while the mirror is at work; -1: none */
	bool reached; /* the server said what it has */
	bool seen;    /* `tip` is the commit that is asked for */
	git_oid tip;
	const char *signer;
	bool verified; /* nothing speaks against the tip itself */
	struct job_file *file;
	size_t nfile, fileroom;

	const char *ssh_said; /* why the way to the server came to its end; NULL: nothing */
	const char *why;      /* what is wrong; NULL: nothing */
	bool refused;         /* the tip is what is wrong */
	bool broken;          /* the mirror is */
};

/* 0, or -EINVAL with `why`. */
int job_read(struct job *job, const char *text, size_t size);

/* Says what is wrong, the first time; gives -EIO. */
int job_fail(struct job *job, const char *format, ...) HC_PRINTF(2, 3);
/* The same of the tip, which is not to be taken. */
int job_refuse(struct job *job, const char *format, ...) HC_PRINTF(2, 3);
/* The same, with what libgit2 has to say behind it. */
int job_git(struct job *job, const char *format, ...) HC_PRINTF(2, 3);

/* 12 digits of a commit, as persons write it. */
const char *job_short(struct job *job, const git_oid *id);
/* "branch main", as persons call what is followed. */
const char *job_ref(struct job *job);
/* A file in memory that holds the text, by a path that programs we start can open. */
const char *job_memory_file(struct job *job, const char *name, const char *text);
