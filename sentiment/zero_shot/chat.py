"""Prompt templates in the chat template of a tokenizer."""

from __future__ import annotations

import re
from dataclasses import replace

from transformers.tokenization_utils_base import PreTrainedTokenizerBase

from sentiment.errors import RecipeError
from sentiment.hub import first_line
from sentiment.models.encoding import count_shared
from sentiment.zero_shot.demonstrations import Demonstrations
from sentiment.zero_shot.templates import TEXT, Template

_MESSAGE = re.compile(r"^(system|user|assistant): (.*?)(?=\n(?:user|assistant): |\Z)", re.M | re.S)
Messages = list[dict[str, str]]


def write_chat(
    template: Template,
    tokenizer: PreTrainedTokenizerBase,
    model: str,
    demonstrations: Demonstrations | None = None,
) -> tuple[str, Template]:
    """Write the messages of `template` in the chat template of `tokenizer`.

    The text of the assistant is left open, so that the label words are its next tokens. The result
    holds the special tokens, none of which the tokenizer may add again. Each demonstration is an
    earlier message of the user and the answer of the assistant.

    Args:
        model: its name, for messages.

    Returns:
        (what precedes the template, empty without demonstrations, and the template)

    Raises:
        RecipeError: the tokenizer has no chat template, or one that cannot be used.
    """
    if not tokenizer.chat_template:
        raise RecipeError(
            f"The tokenizer of {model} has no chat template, so the template {template.name!r} "
            f"does not fit it. Choose another template."
        )
    turns = _write_turns(template, demonstrations) if demonstrations else []
    text, premise = (
        _apply([system, *turns, *question], tokenizer, model)
        for system, *question in map(parse_messages, (template.text, template.premise))
    )
    shared = count_shared(text.rpartition(TEXT)[0], premise) if turns else 0
    prefix = text[:shared]
    if text.count(TEXT, len(prefix)) != 1:
        raise _unusable(model, "the message of the user is not written once")
    if any(turn["content"].strip() not in prefix for turn in turns):
        raise _unusable(model, "it does not write earlier messages")
    return prefix, replace(template, text=text[len(prefix) :], premise=premise[len(prefix) :])


def _write_turns(template: Template, demonstrations: Demonstrations) -> Messages:
    """Write a message of the user and one of the assistant for each demonstration."""
    _, user, assistant = parse_messages(template.text)
    return [
        message
        for text, label in demonstrations.examples
        for message in (
            {**user, "content": user["content"].replace(TEXT, text)},
            {**assistant, "content": assistant["content"] + template.label_words[label]},
        )
    ]


def parse_messages(words: str) -> Messages:
    """Parse the messages of a chat, each of which begins with its role on a line of its own."""
    return [{"role": role, "content": content} for role, content in _MESSAGE.findall(words)]


def _apply(messages: Messages, tokenizer: PreTrainedTokenizerBase, model: str) -> str:
    """Apply the chat template; one without system messages gets that one from the user."""
    system, user, *others = messages
    merged = {**user, "content": f"{system['content']}\n{user['content']}"}
    problem = ""
    for tried in (messages, [merged, *others]):
        try:
            return str(
                tokenizer.apply_chat_template(tried, tokenize=False, continue_final_message=True)
            )
        except Exception as error:  # a chat template is a program, which can fail in any way
            problem = problem or first_line(error)
    raise _unusable(model, problem)


def _unusable(model: str, reason: str) -> RecipeError:
    return RecipeError(
        f"The chat template of {model} cannot be used: {reason.rstrip('.')}. Choose another "
        f"template."
    )
