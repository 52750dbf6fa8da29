"""The commands of tools/dev."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable

from devlib import build, checks, kafka_topics, phones, status, testing
from devlib.bench import command as bench_command
from devlib.cluster import BACKENDS, Cluster
from devlib.demo import Demo
from devlib.errors import DevError
from devlib.keys import KINDS
from devlib.postgres import SUPERUSER
from devlib.progress import Progress, explain
from devlib.workspace import ROOT, Workspace, open_workspace, remember, remembered_settings

TALK_SECONDS = 2.0


class App:
    """The arguments of one run, and what commands share."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.workspace: Workspace = open_workspace(options.state, options.build, options.net)
        self.progress = Progress(self.workspace.log)
        self.cluster = Cluster(self.workspace, self.progress)


def up(app: App) -> int:
    preset = app.workspace.build.name
    if not app.options.no_build and app.workspace.build == ROOT / "build" / preset:
        build.install(app.progress, "build", "run")
        build.build(app.progress, preset)
    app.workspace.make_folders()
    _keep_net(app)
    remember(app.workspace)
    app.cluster.start()
    with app.progress.step("demo tenants and users") as step:
        step.result = Demo(app.cluster).seed()
    if not app.options.no_call:
        cdr = phones.make_call(app.cluster, app.progress, "1001", "1002", TALK_SECONDS)
        _print_cdr("The self-check call, as billing wrote it down:", cdr)
    print(f"\n{status.status_table(app.cluster)}\n")
    print(f"{status.logins_table(app.cluster)}\n")
    addresses = " or ".join(proxy.address for proxy in app.workspace.of("proxy"))
    print(
        f"Sign a softphone in with one of these users and outbound proxy {addresses}, port 5060.\n"
        "Next: tools/dev call 1001 1002 · status · logs proxy · down"
    )
    return 0


def _keep_net(app: App) -> None:
    """Other addresses only when nothing runs at the old ones."""
    old = remembered_settings(app.workspace.state).get("net", app.workspace.net)
    if old != app.workspace.net and any(daemon.pid() for _, daemon in app.cluster.daemons()):
        raise DevError(f"this checkout's cluster runs at {old}.x", hint="tools/dev down first")


def down(app: App) -> int:
    app.cluster.stop()
    return 0


def show_status(app: App) -> int:
    print(status.status_table(app.cluster))
    running = all(daemon.pid() for _, daemon in app.cluster.daemons())
    return 0 if running else 1


def logs(app: App) -> int:
    names = [app.options.service] if app.options.service else [*BACKENDS, *_services(app)]
    files = [
        str(daemon.log)
        for name in names
        for _, daemon in app.cluster.named(name)
        if daemon.log.exists()
    ]
    if not files:
        raise DevError("there is no log yet", hint="tools/dev up")
    follow = ["-F"] if app.options.follow else []
    os.execvp("tail", ["tail", "-n", str(app.options.lines), *follow, *files])


def _services(app: App) -> list[str]:
    return list(dict.fromkeys(process.service for process in app.workspace.processes))


def restart(app: App) -> int:
    app.cluster.restart(app.options.service)
    return 0


def rotate_keys(app: App) -> int:
    for kind in [app.options.kind] if app.options.kind else KINDS:
        app.cluster.rotation(kind).run(now=app.options.now)
    return 0


def call(app: App) -> int:
    app.cluster.need_running()
    cdr = phones.make_call(
        app.cluster, app.progress, app.options.caller, app.options.callee, app.options.talk
    )
    if app.options.json:
        print(json.dumps(cdr.__dict__, indent=2))
    else:
        _print_cdr("The call's CDR:", cdr)
    return 0


def demo(app: App) -> int:
    if app.options.json:
        print(json.dumps(status.demo_json(app.cluster), indent=2))
    elif Demo(app.cluster).tenants():
        print(status.logins_table(app.cluster))
    else:
        raise DevError("there is no demo yet", hint="tools/dev up makes it")
    return 0


def psql(app: App) -> int:
    _need(app, "postgres")
    os.environ.update(app.cluster.postgres.environment(app.options.user or SUPERUSER))
    os.execvp("psql", ["psql", *app.options.rest])


def redis(app: App) -> int:
    _need(app, "redis")
    os.environ["REDISCLI_AUTH"] = app.cluster.redis.password
    host, port = app.workspace.redis
    os.execvp("redis-cli", ["redis-cli", "-h", host, "-p", str(port), *app.options.rest])


def kafka(app: App) -> int:
    _need(app, "kafka")
    host, port = app.workspace.kafka
    return kafka_topics.show(f"{host}:{port}", app.options.topic, app.options.follow)


def _need(app: App, backend: str) -> None:
    if not getattr(app.cluster, backend).daemon.pid():
        raise DevError(f"{backend} does not run", hint="tools/dev up")


def build_command(app: App) -> int:
    if not app.options.no_install:
        build.install(app.progress, "build")
    build.build(app.progress, app.options.preset, *app.options.targets)
    return 0


def check(app: App) -> int:
    return checks.run(fix=app.options.fix)


def test(app: App) -> int:
    return testing.run(app.progress, app.options)


def bench(app: App) -> int:
    return bench_command.run(app.progress, app.workspace.build, app.options)


def _print_cdr(title: str, cdr) -> None:
    print(f"\n{title}\n")
    for label, value in cdr.lines():
        print(f"    {label:<12}{value}")


def _add(
    commands, name: str, run: Callable[[App], int], summary: str, examples: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary + ".",
        epilog="examples:\n" + examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_places()],
    )
    parser.set_defaults(run=run)
    return parser


def _places() -> argparse.ArgumentParser:
    """Options that every command has."""
    places = argparse.ArgumentParser(add_help=False)
    group = places.add_argument_group("where the cluster is")
    group.add_argument(
        "--state", default="", metavar="DIR", help="its folder (default var; $PBX_DEV_STATE)"
    )
    group.add_argument(
        "--build",
        default="",
        metavar="PRESET|DIR",
        help="the programs it runs (default release; $PBX_DEV_BUILD)",
    )
    group.add_argument(
        "--net",
        default="",
        metavar="127.A.B",
        help="its loopback addresses (default 127.0.0; $PBX_DEV_NET); `up` remembers it",
    )
    return places


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/dev",
        description="Builds, runs and tests ClusterPBX on this machine, all on loopback.",
        epilog="Each command explains itself: tools/dev up --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    p = _add(
        commands,
        "up",
        up,
        "Install, build, start everything, seed the demo, make a call",
        "  tools/dev up                    a whole cluster at 127.0.0.x\n"
        "  tools/dev up --net 127.0.7      a second checkout's cluster, at other addresses\n"
        "  tools/dev up --build asan       the same with the sanitizers' build",
    )
    p.add_argument("--no-build", action="store_true", help="run what is built already")
    p.add_argument("--no-call", action="store_true", help="leave out the self-check call")
    _add(
        commands,
        "down",
        down,
        "End all processes of the cluster; data stays",
        "  tools/dev down\n  tools/dev down && rm -rf var    start from nothing the next time",
    )
    _add(
        commands,
        "status",
        show_status,
        "Show what runs where (exit 1 unless all do)",
        "  tools/dev status",
    )
    p = _add(
        commands,
        "logs",
        logs,
        "Show logs of a service, a node, a backend or all",
        "  tools/dev logs proxy -f         follow both proxies\n  tools/dev logs registrar-2 -n 200\n"
        "  tools/dev logs kafka",
    )
    p.add_argument("service", nargs="?", default="", help="proxy, proxy-1, kafka …")
    p.add_argument("-f", "--follow", action="store_true", help="go on showing what comes")
    p.add_argument("-n", "--lines", type=int, default=40, help="how many (default 40)")
    p = _add(
        commands,
        "restart",
        restart,
        "Restart a service (one process after the other), a node or a backend",
        "  tools/dev restart proxy\n  tools/dev restart registrar-1\n  tools/dev restart redis",
    )
    p.add_argument("service")
    p = _add(
        commands,
        "rotate-keys",
        rotate_keys,
        "Change the keys that services sign and check with, without an outage",
        "  tools/dev rotate-keys           the new keys make from now on, the old ones are still known\n"
        "  tools/dev rotate-keys callers   90 s later: the old callers' keys go\n"
        "  tools/dev rotate-keys cluster   a day later: the old cluster key goes\n"
        "  tools/dev rotate-keys --now     all at once, when the old keys are in wrong hands\n\n"
        "kinds: `callers` are the keys with which proxies and operators prove who they are to services;\n"
        "`cluster` is the key of nonces, of the tokens in calls and registrations, and of passwords' tags.\n\n"
        "what happens: each step restarts all processes one after the other, each ready before the next\n"
        "  1  the new keys are added behind the old: all processes know both, the old ones make\n"
        "  2  they change places: the new ones make, the old ones are still good for checking\n"
        "  3  the old ones go, by a second call of this command, when nothing that they made is left\n"
        "With --now step 3 follows at once: calls that began before step 2 cannot be hung up through the\n"
        "cluster any more, and phones must register anew. What was interrupted goes on where it stopped.",
    )
    p.add_argument("kind", nargs="?", choices=KINDS, help="which keys (default both)")
    p.add_argument(
        "--now", action="store_true", help="do not wait for what the old keys made to be gone"
    )
    p = _add(commands, "test", test, "Build and run every test, as CI does", testing.EXAMPLES)
    testing.add_arguments(p)
    p = _add(
        commands,
        "call",
        call,
        "Make a call between two demo users, one on each proxy, and print its CDR",
        "  tools/dev call 1001 1002\n  tools/dev call 1001@lab.north.pbx.test 1002@lab.north.pbx.test --talk 5",
    )
    p.add_argument("caller", metavar="A", help="extension of hq, or extension@domain")
    p.add_argument("callee", metavar="B")
    p.add_argument("--talk", type=float, default=TALK_SECONDS, metavar="SECONDS", help="default 2")
    p.add_argument("--json", action="store_true", help="the CDR for a program")
    p = _add(
        commands,
        "demo",
        demo,
        "Show the demo's logins, or all that a test from outside needs",
        "  tools/dev demo\n  tools/dev demo --json | jq '.proxies[].addr'",
    )
    p.add_argument("--json", action="store_true", help="proxies, processes, tenants")
    p = _add(
        commands,
        "psql",
        psql,
        "Open the database with psql",
        "  tools/dev psql\n  tools/dev psql -- -c 'SELECT count(*) FROM users'",
    )
    p.add_argument("--user", default="", help="role (default the superuser, who sees all tenants)")
    p.add_argument("rest", nargs="*", help="arguments of psql, after --")
    p = _add(
        commands,
        "redis",
        redis,
        "Open Redis with redis-cli",
        "  tools/dev redis\n  tools/dev redis -- --scan --pattern 'loc:*'",
    )
    p.add_argument("rest", nargs="*", help="arguments of redis-cli, after --")
    p = _add(
        commands,
        "kafka",
        kafka,
        "List topics, or print the records of one, decoded",
        "  tools/dev kafka                 topics and how many records they hold\n"
        "  tools/dev kafka calls           all call events\n  tools/dev kafka config -f",
    )
    p.add_argument("topic", nargs="?", default="")
    p.add_argument("-f", "--follow", action="store_true", help="go on printing what comes")
    p = _add(
        commands,
        "build",
        build_command,
        "Configure and build a preset",
        "  tools/dev build                 release\n  tools/dev build dev pbx-proxy",
    )
    p.add_argument("preset", nargs="?", default="release")
    p.add_argument("targets", nargs="*")
    p.add_argument("--no-install", action="store_true", help="do not look for missing packages")
    p = _add(
        commands,
        "check",
        check,
        "Check format, includes, co_await and protocol changes",
        "  tools/dev check\n  tools/dev check --fix           format what needs it",
    )
    p.add_argument("--fix", action="store_true", help="run clang-format on what needs it")
    p = _add(
        commands,
        "bench",
        bench,
        "Measure what an operation costs, side by side with rivals",
        bench_command.EXAMPLES,
    )
    bench_command.add_arguments(p)
    p = commands.add_parser("help", help="Show this text, or that of one command")
    p.add_argument("command", nargs="?", default="")
    p.set_defaults(run=None)
    return parser


def main(arguments: list[str]) -> int:
    parser = make_parser()
    if not arguments:
        parser.print_help()
        return 2
    options = parser.parse_args(arguments)
    if options.run is None:
        return main([options.command, "--help"] if options.command else ["--help"])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return options.run(App(options))
    except DevError as error:
        explain(error)
        return 1
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print(
            "\nstopped; what was started goes on: tools/dev status, tools/dev down", file=sys.stderr
        )
        return 130
