"""Loading of classifiers by name, folder or Hub id, with a cache of the most recently used."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sentiment.errors import CheckpointError
from sentiment.hub_ids import looks_like_path
from sentiment.inference.classifiers import build_adapted, build_prompted, build_whole
from sentiment.limits import max_parameters, max_resident
from sentiment.models.backbones import Backbone, load_backbone
from sentiment.models.catalogue import (
    BASELINE_FILE,
    RUN_FILE,
    is_adapted,
    is_snapshot,
    is_zero_shot,
    read_backbone_card,
    resolve_model,
)
from sentiment.models.classifier import Classifier
from sentiment.models.label_names import Polarity
from sentiment.runtime.distributed import process_group
from sentiment.runtime.files import count_weights, read_json, weight_files
from sentiment.zero_shot.demonstrations import Demonstrations
from sentiment.zero_shot.templates import Template

KEPT_PREFIXES = 8  # of the latest few-shot classifiers
_BYTES = 4  # of a parameter in float32

Key = tuple[object, ...]


@dataclass(frozen=True)
class _Resident:
    """A classifier in memory, and its size."""

    classifier: Classifier
    backbone_key: Key  # of the shared backbone, empty for none
    size: int  # bytes of its weights in memory, without the backbone


class ClassifierLoader:
    """Loader of classifiers by name, with an LRU cache; models share backbones in memory.

    The cache key holds the folder and the modification times of its files, so that a checkpoint
    trained again under the same name is loaded again. When the limit on models or parameters is
    reached, the least recently used classifiers are evicted, and a backbone with its last
    classifier. Models are moved to the GPU if there is one.
    """

    def __init__(self, device: str | None = None) -> None:
        process_group()  # each process of a job has its own GPU
        self._device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._lock = threading.RLock()
        self._backbones: dict[Key, Backbone] = {}
        self._downloaded: dict[tuple[str, bool], Path] = {}  # by Hub id, and if a base is given
        self._residents: dict[Key, _Resident] = {}  # the most recently used last
        self._few_shot: dict[Key, Classifier] = {}  # by backbone first; the latest last

    def load(
        self,
        name: str,
        *,
        display_name: str | None = None,
        labels: Sequence[Polarity] = (),
        base: str = "",
    ) -> Classifier:
        """Load the classifier `name`: bundled or trained here, a folder, or a Hub id.

        Args:
            display_name: name of the classifier, by default derived from `name`.
            labels: the polarity of each of its labels; by default that is read from their names.
            base: the backbone of an adapter, instead of the one that it names.

        Raises:
            CheckpointError: there is none, or it cannot or must not be loaded.
        """
        folder = self._resolve(name, base)
        if is_zero_shot(folder):
            return self.load_zero_shot(name, display_name=display_name)
        shown = display_name or _name_of(name)
        with self._lock:
            backbone_key = self._backbone_fingerprint(folder, base)
            key = (*_fingerprint(folder), *backbone_key, *labels)
            return self._get_or_load(
                key, lambda: self._load_tuned(shown, folder, labels, base), backbone_key, folder
            )

    def load_zero_shot(
        self,
        name: str,
        *,
        template: str | Template | None = None,
        demonstrations: Demonstrations | None = None,
        display_name: str | None = None,
    ) -> Classifier:
        """Load the backbone `name` as a zero-shot classifier, or as a few-shot one.

        Args:
            template: a template, whose classifier is not cached, since custom templates are
                unlimited, or a name in `sentiment.zero_shot.templates.TEMPLATES`; by default that
                of the backbone.
            demonstrations: labelled texts before the text. Such a classifier is in a cache of its
                own, since draws are unlimited.
            display_name: name of the classifier, by default derived from `name`.

        Raises:
            CheckpointError: there is none, or it has no zero-shot method.
            RecipeError: the template does not exist or does not fit the backbone, or it cannot be
                given demonstrations.
            InputError: the demonstrations leave no room for a text.
        """
        with self._lock:
            if demonstrations:
                return self._load_few_shot(name, template, demonstrations, display_name)
            if isinstance(template, Template):
                self.load_zero_shot(name, display_name=display_name)  # caches the backbone
                return build_prompted(self.backbone(name), template, display_name or _name_of(name))
            backbone_key = _fingerprint(self._resolve(name))
            key = ("zero-shot", template, *backbone_key)
            return self._get_or_load(
                key,
                lambda: build_prompted(
                    self.backbone(name), template, display_name or _name_of(name)
                ),
                backbone_key,
            )

    def _load_few_shot(
        self,
        name: str,
        template: str | Template | None,
        demonstrations: Demonstrations,
        display_name: str | None,
    ) -> Classifier:
        """Load a few-shot classifier, whose prefix was read once if it was used lately."""
        shown = display_name or _name_of(name)
        self.load_zero_shot(name, display_name=display_name)  # caches the backbone
        backbone_key = _fingerprint(self._resolve(name))
        key = (backbone_key, template, demonstrations, shown)
        found = self._few_shot.pop(key, None)
        if found is None:
            found = build_prompted(self.backbone(name), template, shown, demonstrations)
        self._few_shot[key] = found
        while len(self._few_shot) > KEPT_PREFIXES:
            del self._few_shot[next(iter(self._few_shot))]
        return found

    def backbone(self, name: str) -> Backbone:
        """Load the backbone `name`, or return the cached one."""
        with self._lock:
            key = _fingerprint(self._resolve(name))
            if key not in self._backbones:
                self._backbones[key] = load_backbone(name, device=self._device)
            return self._backbones[key]

    def loaded_models(self) -> list[str]:
        """List the names of the classifiers in memory, the most recently used last."""
        with self._lock:
            return list(dict.fromkeys(r.classifier.name for r in self._residents.values()))

    def _resolve(self, name: str, base: str = "") -> Path:
        """Resolve `name` to a folder; a Hub id is downloaded once."""
        key = (name, bool(base))
        folder = self._downloaded.get(key)
        if folder is None or not folder.is_dir():
            folder = resolve_model(name, base=base)
            if is_snapshot(folder):
                self._downloaded[key] = folder
        return folder

    def _get_or_load(
        self,
        key: Key,
        load: Callable[[], Classifier],
        backbone_key: Key,
        folder: Path | None = None,
    ) -> Classifier:
        """Return the classifier of `key`, loaded if not cached; mark it as most recently used."""
        resident = self._residents.pop(key, None)
        if resident is None:
            size = _memory_size(folder) if folder else 0
            self._evict(size, backbone_key)
            try:
                resident = _Resident(load(), backbone_key, size)
            except CheckpointError:
                self._drop_backbones(set())  # free the backbone if nothing else uses it
                raise
        self._residents[key] = resident
        return resident.classifier

    def _evict(self, size: int, backbone_key: Key) -> None:
        """Evict the least recently used classifiers until `size` bytes on `backbone_key` fit."""
        while self._residents and (
            len(self._residents) >= max_resident()
            or size + self._total({backbone_key}) > _BYTES * max_parameters()
        ):
            self._residents.pop(next(iter(self._residents)))
            self._drop_backbones({backbone_key})

    def _drop_backbones(self, backbone_keys: set[Key]) -> None:
        """Free all backbones except those of `backbone_keys` and of the classifiers in memory."""
        used = {r.backbone_key for r in self._residents.values()} | backbone_keys
        self._backbones = {key: b for key, b in self._backbones.items() if key in used}
        self._few_shot = {key: c for key, c in self._few_shot.items() if key[0] in used}

    def _total(self, backbone_keys: set[Key]) -> int:
        """Sum the bytes of all classifiers in memory, of their backbones and of `backbone_keys`."""
        keys = backbone_keys | {resident.backbone_key for resident in self._residents.values()}
        folders = [Path(str(key[0])) for key in keys if key]
        sizes = [resident.size for resident in self._residents.values()]
        return sum(sizes) + sum(map(_memory_size, folders))

    def _backbone_fingerprint(self, folder: Path, base: str) -> Key:
        """Return the fingerprint of the backbone of a checkpoint, empty if it needs none."""
        if not is_adapted(folder):
            if base:
                raise CheckpointError(f"{folder.name} is no adapter: leave --base out.")
            return ()
        return _fingerprint(self._resolve(self._find_base(folder, base)))

    def _find_base(self, folder: Path, base: str) -> str:
        """Find the name of the backbone of an adapter or head: `base` if given.

        Raises:
            CheckpointError: it names none, or a folder that is not on this machine.
        """
        named = base or _backbone_name(folder)
        if not base and looks_like_path(named) and not Path(named).is_dir():
            raise CheckpointError(
                f"{folder.name} was trained on {named[:200]!r}, a folder that is not on this "
                f"machine. Say where its base is with --base FOLDER or --base owner/name."
            )
        return named

    def _load_tuned(
        self, display_name: str, folder: Path, labels: Sequence[Polarity], base: str
    ) -> Classifier:
        if (folder / BASELINE_FILE).is_file():
            from sentiment.models.tfidf import load_baseline  # imports scikit-learn

            return load_baseline(folder)
        if not is_adapted(folder):
            trained_on = _backbone_name(folder) if (folder / RUN_FILE).is_file() else display_name
            return build_whole(
                display_name, folder, self._device, backbone=trained_on, labels=labels
            )
        backbone = self.backbone(self._find_base(folder, base))
        return build_adapted(display_name, folder, backbone, labels=labels)


def _memory_size(folder: Path) -> int:
    """Compute the bytes of the weights in `folder` in memory, as float32."""
    card = read_backbone_card(folder) if any(folder.glob("*.gguf")) else {}
    return _BYTES * int(card.get("parameters") or count_weights(folder))


def _fingerprint(folder: Path) -> Key:
    """Compute a cache key from the weight and JSON files of `folder`."""
    files = sorted([*weight_files(folder), *folder.glob("*.json")])
    return (folder.resolve(), *((path.name, path.stat().st_mtime_ns) for path in files))


def _name_of(reference: str) -> str:
    """Return the display name of a model: the name of its folder, or its Hub id."""
    return Path(reference).name if Path(reference).is_dir() else reference


def _backbone_name(folder: Path) -> str:
    """Read the backbone of a checkpoint from `run.json` or the adapter's configuration."""
    if (folder / RUN_FILE).is_file():
        info = read_json(folder / RUN_FILE).get("backbone")
        name = info.get("name") if isinstance(info, dict) else None
    else:
        name = read_json(folder / "adapter_config.json").get("base_model_name_or_path")
    if not isinstance(name, str) or not name:
        raise CheckpointError(f"{folder.name} does not say which backbone it was trained on.")
    return name
