/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the manual pages say and no table does, in mdoc(7). docs/ says it at greater length; here is
 * what one looks for on a machine without it.
 */

#include "man.h"

const char man_command_begins[] = "\
.Sh SYNOPSIS\n\
.Nm\n\
.Ar command\n\
.Op Ar option ...\n\
.Nm\n\
.Op Ar command\n\
.Fl \\-help\n\
.Sh DESCRIPTION\n\
.Nm\n\
reads manifests, looks at what is really there, shows the difference as a plan,\n\
makes it so in order, and looks again.\n\
Only a comparison that finds nothing left is success.\n\
It may be killed at any moment: run it again.\n\
.Pp\n\
What cannot be read is never created, changed or removed.\n\
Only what hcstate made is ever removed, and what holds data only when that very\n\
object is approved by name.\n\
.Pp\n\
While\n\
.Xr hcstate-agent 8\n\
runs,\n\
.Ic plan , apply , status\n\
and\n\
.Ic get\n\
ask it, unless an option names other manifests, another node, key or live state.\n\
";

const char man_command_ends[] = "\
.Sh ENVIRONMENT\n\
.Bl -tag -width 4n\n\
.It Ev HCSTATE_PROVIDERS\n\
The directory with the provider modules.\n\
.It Ev HCSTATE_STATE\n\
The state directory instead of\n\
.Pa /var/lib/hcstate .\n\
.It Ev HCSTATE_SOCKET\n\
The agent's socket instead of\n\
.Pa /run/hcstate/hcstate.sock .\n\
.El\n\
.Sh FILES\n\
.Bl -tag -width 4n\n\
.It Pa /etc/hcstate/manifests\n\
The manifests.\n\
.It Pa /etc/hcstate/agent.yaml\n\
What the agent works from and may do by itself.\n\
.It Pa /etc/hcstate/node.key\n\
This node's private key.\n\
.It Pa /var/lib/hcstate/inventory.json\n\
What hcstate made on this node.\n\
.It Pa /var/lib/hcstate/status.json\n\
How each resource was when it was last applied.\n\
.El\n\
.Sh EXIT STATUS\n\
.Bl -tag -width 4n\n\
.It 0\n\
Done.\n\
.It 1\n\
Something failed or was refused.\n\
.It 2\n\
There are changes (with\n\
.Fl \\-detailed-exitcode ) .\n\
.It 64\n\
Wrong usage.\n\
.It 65\n\
The manifests cannot be used.\n\
.It 75\n\
Try later: another one is at work, or the cluster is not quorate.\n\
.El\n\
.Sh EXAMPLES\n\
What would be done, and how long somebody notices it:\n\
.Pp\n\
.Dl hcstate plan\n\
.Pp\n\
What can be said of a bridge:\n\
.Pp\n\
.Dl hcstate explain Bridge\n\
.Pp\n\
Keep off a bridge while somebody works at it:\n\
.Pp\n\
.Dl hcstate suspend Bridge/vmbr1 \\-\\-reason \\(dqmoving cables\\(dq \\-\\-until +2h\n\
.Sh SEE ALSO\n\
.Xr hcstate-manifests 5 ,\n\
.Xr hcstate-agent 8\n\
";

const char man_agent_begins[] = "\
.Sh SYNOPSIS\n\
.Nm hcstate\n\
.Cm agent\n\
.Op Fl \\-config Ar FILE\n\
.Op Fl \\-key-file Ar FILE\n\
.Sh DESCRIPTION\n\
The agent is the engine of\n\
.Xr hcstate 1 ,\n\
resident: it reads the manifests, looks, mends, and looks again whenever something\n\
may have changed.\n\
hcstate.service runs it.\n\
It is not enabled when the package is installed:\n\
.Pp\n\
.Dl systemctl enable \\-\\-now hcstate\n\
.Pp\n\
What is not there yet is made at once, and so is a change that nobody notices for\n\
longer than a blip.\n\
What interrupts more waits for a window of its configuration, or for\n\
.Ic hcstate approve .\n\
Data is lost by approval only, whatever the configuration says.\n\
.Pp\n\
A generation of the manifests that is not valid never takes the place of the last\n\
good one, which is kept for a boot without git or with broken manifests.\n\
.Ic hcstate status\n\
then names the file, the line and the commit.\n\
.Sh CONFIGURATION\n\
.Pa /etc/hcstate/agent.yaml\n\
is a document as in\n\
.Xr hcstate-manifests 5 ,\n\
of kind Agent.\n\
Without it the manifests are those of\n\
.Pa /etc/hcstate/manifests .\n\
It belongs to the machine: nobody who may change the manifests can widen what is\n\
done without a person.\n\
.Pp\n\
.Dl hcstate validate \\-f /etc/hcstate/agent.yaml\n\
.Pp\n\
checks it before it is read again; one with an error changes nothing.\n\
";

const char man_agent_ends[] = "\
.Sh SIGNALS\n\
.Bl -tag -width 4n\n\
.It Dv SIGHUP\n\
Reads its configuration and the manifests again\n\
.Pq Ic systemctl reload hcstate .\n\
.It Dv SIGTERM , SIGINT\n\
Ends the steps under way, or leaves them so that they can be taken again, and exits.\n\
.El\n\
.Sh JOURNAL\n\
One line for each thing done or noticed, none while all is well.\n\
Its fields:\n\
.Dv HCSTATE_EVENT ,\n\
.Dv HCSTATE_RESOURCE ,\n\
.Dv HCSTATE_STEP ,\n\
.Dv HCSTATE_RESULT ,\n\
.Dv HCSTATE_REASON ,\n\
.Dv HCSTATE_GENERATION ,\n\
.Dv HCSTATE_DURATION_USEC .\n\
.Sh FILES\n\
.Bl -tag -width 4n\n\
.It Pa /etc/hcstate/agent.yaml\n\
Its configuration.\n\
.It Pa /run/hcstate/hcstate.sock\n\
Where\n\
.Xr hcstate 1\n\
asks it; for root and the group hcstate.\n\
.It Pa /var/lib/hcstate/generation\n\
The last good generation of the manifests.\n\
.It Pa /var/lib/hcstate/git\n\
The mirror of the repository, of user _hcstate.\n\
.It Pa /var/lib/hcstate/approved.json , suspended.json\n\
What persons said.\n\
.It Pa /var/lib/hcstate/history.jsonl\n\
The cycles that changed something.\n\
.El\n\
.Sh EXIT STATUS\n\
0 when it was told to end, 65 when its configuration cannot be used, 75 when\n\
another hcstate has the lock of the state directory, else 1.\n\
.Sh SEE ALSO\n\
.Xr hcstate 1 ,\n\
.Xr ssh-keygen 1 ,\n\
.Xr hcstate-manifests 5 ,\n\
.Xr systemd.exec 5\n\
";

const char man_manifests_begins[] = "\
.Sh DESCRIPTION\n\
Manifests are YAML documents, in one file or in all *.yaml and *.yml of a directory\n\
and of those in it; hidden ones are left out.\n\
Every node reads the same manifests.\n\
A document has four keys:\n\
.Bl -tag -width 4n\n\
.It Va apiVersion\n\
hcstate/v1\n\
.It Va kind\n\
What it is.\n\
.It Va metadata\n\
.Va name\n\
and, of a kind that each node has its own of,\n\
.Va nodes :\n\
those that have it; all when left out.\n\
.It Va spec\n\
The fields of the kind.\n\
Of a kind that each node has its own of also\n\
.Va per_node :\n\
by a node's name, fields that take the place of the others there.\n\
.El\n\
.Pp\n\
A document that goes removes what hcstate made of it.\n\
What holds data stays until its removal is approved.\n\
.Pp\n\
.Ic hcstate validate\n\
checks manifests,\n\
.Ic hcstate explain\n\
shows fields that are only shown, too, and\n\
.Ic hcstate schema\n\
prints a JSON Schema for editors.\n\
.Sh EXAMPLES\n\
.Bd -literal\n\
apiVersion: hcstate/v1\n\
kind: Bridge\n\
metadata:\n\
  name: vmbr1\n\
  nodes: [pve1, pve2]\n\
spec:\n\
  ports: [enp0s8]\n\
  per_node:\n\
    pve1: {addresses: [10.0.0.1/24]}\n\
    pve2: {addresses: [10.0.0.2/24]}\n\
.Ed\n\
.Sh KINDS\n\
";

const char man_manifests_ends[] = "\
.Sh SEE ALSO\n\
.Xr hcstate 1 ,\n\
.Xr hcstate-agent 8\n\
";
