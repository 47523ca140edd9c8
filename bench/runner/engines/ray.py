"""Runs a plan on the machines of a Ray cluster."""

import logging
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.processes import ENVIRONMENT, HIDDEN, hidden, n_cores
from bench.runner.costs import Costs, Size
from bench.runner.engines.pool import out_of_memory
from bench.runner.engines.ray_task import End, Job, ended, show_news
from bench.runner.schedule import Schedule, Started, outcomes
from bench.runner.stage import Stage, Stages
from bench.runner.step import Outcome
from bench.runner.store import Store
from bench.runner.worker import GRAPHS

_log = logging.getLogger(__name__)

_DIED, _GONE = "its process died (killed, or out of memory)", "its machine was lost"
_LOSSES = {"WorkerCrashedError": _DIED, "OutOfMemoryError": _DIED, "NodeDiedError": _GONE}
_N_TRIES, _N_MACHINES = 3, 20  # that a stage may lose; of machines more: seldom its own fault
_MEMORY_MB = 2048  # of a stage, if it is not known what an equal one needed
_GPU_SHARE = 0.25  # of a stage: four of them share a GPU
# A process runs many stages, and torch keeps to the GPUs that it saw first.
_SEE_ALL_GPUS = {"RAY_EXPERIMENTAL_NOSET_CUDA_VISIBLE_DEVICES": "1"}
_LOOK_S = 1.0  # after which it looks for machines that came or went
_OBJECTS_BYTES = 100 << 20  # for Ray's own store, which holds nothing of ours


@dataclass(frozen=True)
class RayEngine:
    """Runs each stage as a task of Ray; this process alone decides which is started next.

    A task asks for one core, for the memory that an equal stage needed, and for a part of a GPU if
    it needs one and the cluster has some. It is started again if its process or its machine is
    lost. Artifacts are in the store, which all machines share.

    Attributes:
        address: of a running cluster, as `ray.init` takes it; `local` starts Ray here.
        device: `cpu` leaves GPUs alone.
        workers: how many stages run at most; 0: one per core of the cluster.
        plugins: files that each process loads; every machine has them under these paths.
    """

    address: str = "local"
    device: str = "auto"
    workers: int = 0
    plugins: tuple[Path, ...] = ()

    @property
    def n_processes(self) -> int:
        """How many stages run at once on the machines that are there now."""
        n = int(_connected(self).cluster_resources().get("CPU", 0))
        return max(1, min(n, self.workers or n))

    @property
    def devices(self) -> tuple[str, ...]:
        """For each stage that may use a part of a GPU now, which device it sees."""
        gpus = _connected(self).cluster_resources().get("GPU", 0) if self.device != "cpu" else 0
        return ("cuda",) * min(int(gpus / _GPU_SHARE), self.n_processes)

    def run(self, stages: Stages, store: Store, goals: Sequence[Stages] = ()) -> Iterator[Outcome]:
        """The outcomes as they come; a failure skips only what needs it.

        Raises:
            OSError: if a machine cannot work on the store, or runs other code.
        """
        schedule = Schedule(stages, goals, self.n_processes, self.devices)
        lock = f"ray-{os.urandom(4).hex()}"
        with store.lock(lock), closing(_Tasks(self, store, lock, schedule)) as tasks:
            yield from outcomes(schedule, store, tasks)


class _Tasks:
    """The tasks of a run: what was started, and Ray's reference to it."""

    def __init__(self, engine: RayEngine, store: Store, lock: str, schedule: Schedule) -> None:
        self.running: dict[Future[End], tuple[Started, Any]] = {}
        self._engine, self._schedule, self._alone = engine, schedule, set[str]()
        self._ray = _connected(engine)
        self._task = self._ray.remote(ended)
        self._costs, self._losses = Costs(store.root), Counter[tuple[str, str]]()
        root, files = store.root.resolve(), tuple(path.resolve() for path in engine.plugins)
        variables = tuple(hidden().items())
        self._job = Job(root, root / "locks" / f"{lock}.lock", Path.cwd(), files, variables)

    def start(self, started: Started) -> None:
        """Hands a stage to Ray."""
        whole = float(started.stage.key in self._alone)  # a part had too little memory
        task = self._task.options(
            name=str(started.stage),
            num_cpus=1,
            num_gpus=0 if started.device == "cpu" else whole or _GPU_SHARE,
            memory=self._memory(started.stage),
            max_retries=0,  # they are counted here
        )
        reference = task.remote(started.stage, self._job, started.device)
        self.running[reference.future()] = (started, reference)

    def ended(self) -> Iterator[Outcome]:
        """Outcomes that have come; starts again what was lost."""
        # Not Ray's own `wait`, which swallows what a handler of signals raises.
        for job in wait(self.running, _LOOK_S, FIRST_COMPLETED).done:
            started, _ = self.running.pop(job)
            error = job.exception()
            if error is None:
                show_news(self._job.root)
                outcome = Outcome(started.stage, *job.result())
                on_gpu, again = started.device != "cpu", started.stage.key not in self._alone
                if on_gpu and again and out_of_memory(outcome):
                    _log.warning("%s: out of memory; runs again on a GPU alone", started.stage)
                    self._alone.add(started.stage.key)
                    self.start(started)
                else:
                    yield outcome
            elif isinstance(error, self._ray.exceptions.RayTaskError):  # not of the stage itself
                raise OSError(str(error.cause)) from error
            elif reason := self._loss(started.stage, error):
                yield Outcome(started.stage, "failed", 0.0, reason)
            else:
                self.start(started)
        self._schedule.n_cores = self._engine.n_processes
        # With none left, stages wait for the next machine that has a GPU.
        self._schedule.devices = self._engine.devices or self._schedule.devices[:1]

    def close(self) -> None:
        """Ends the processes of tasks that still run."""
        for _, reference in self.running.values():
            self._ray.cancel(reference, force=True)

    def _loss(self, stage: Stage, error: BaseException) -> str:
        """Notes that a stage was lost; returns why it is given up, or nothing."""
        why = _LOSSES.get(type(error).__name__, repr(error))
        self._losses[stage.key, why] += 1
        if self._losses[stage.key, why] < (_N_MACHINES if why == _GONE else _N_TRIES):
            _log.warning("%s: %s; started again", stage, why)
            return ""
        return f"{stage}: {why}, {self._losses[stage.key, why]} times"

    def _memory(self, stage: Stage) -> int:
        """The bytes that a stage asks for: more if its process died, no more than a machine has."""
        about = (stage.action, str(stage.spec), Size(*stage.size))
        asked = (self._costs.memory_mb(*about) or _MEMORY_MB) << 20
        asked <<= self._losses[stage.key, _DIED]
        nodes = [each["Resources"] for each in self._ray.nodes() if each["Alive"]]
        return int(min(asked, max((each.get("memory", 0) for each in nodes), default=0)))


def _connected(engine: RayEngine) -> ModuleType:
    """Ray, connected to the cluster of the engine.

    Raises:
        ImportError: if it is not installed.
        OSError: if there is no such cluster.
    """
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise ImportError(
            "--engine ray needs Ray, which is not installed; pip install unmask-bench[ray]"
        ) from error
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports to its makers
        own = {"num_cpus": engine.workers or n_cores(), "object_store_memory": _OBJECTS_BYTES}
        variables = ENVIRONMENT | dict.fromkeys(HIDDEN, "") | _SEE_ALL_GPUS
        variables[GRAPHS] = os.environ.get(GRAPHS, "")
        on_term = signal.getsignal(signal.SIGTERM)
        try:
            ray.init(
                engine.address,
                runtime_env={"env_vars": variables},
                log_to_driver=False,
                logging_level=logging.ERROR,
                **(own | {"include_dashboard": False} if engine.address == "local" else {}),
            )
        finally:
            signal.signal(signal.SIGTERM, on_term)  # Ray sets its own
        # Ray prints losses to stdout, where `--json` prints records.
        vars(import_module("ray._private.worker"))["_worker_logs_enabled"] = False
    return ray
