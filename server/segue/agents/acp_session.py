"""The state of an ACP conversation, and what each message does to it. Knows ids and methods; does no I/O.

Every request of the agent is answered exactly once, here or through `answer`, `cancel` and the end of the turn.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from segue.agents import fields, jsonrpc, offers, permissions, questions, usage
from segue.agents.connection_record import Ask, Asked, ConnectionRecord, PromptEnded, RequestId, Waiting
from segue.agents.connection_setup import USUAL, Options, Start
from segue.agents.failures import SIGN_IN, Diagnostics, error_text
from segue.agents.jsonrpc import Inexact, Message, Unreadable
from segue.agents.mapper import Unfit, UpdateMapper, tool_call
from segue.agents.outbox import Outbox
from segue.agents.replies import Denied
from segue.domain.errors import AgentFailed, StaleDecision
from segue.domain.events import AnyEvent, ConfigReported, ModeReported, QuestionAnswered, StopReason
from segue.domain.ids import visible

_STOP_REASONS = {reason.value: reason for reason in StopReason if not reason.value.startswith("_")}

_TELL_OPTIONS = {"session/new", "session/load", "session/set_config_option"}


class Inbox:
    """What is known of the conversation; `take` is given every line, `drain` gives what came of them."""

    def __init__(
        self,
        start: Start,
        record: ConnectionRecord,
        outbox: Outbox,
        diagnostics: Diagnostics,
        options: Options = USUAL,
    ) -> None:
        self.session_id = record.session_id
        self.is_loading = "session/load" in record.outstanding.values()
        self.prompt_id = record.prompt_id
        self.outstanding = dict(record.outstanding)
        self.waiting = dict(record.waiting)
        self.asked = dict(record.asked)
        self.ended: PromptEnded | None = None
        self.is_changed = False
        """Something happened since `drain` that has to be told or journaled."""
        self._generation = start.generation
        self._directory = str(start.directory)
        self._desk = options.desk
        self._brokered = options.desk.methods()
        self._is_cancelling = record.is_cancelling
        self._outbox = outbox
        self._diagnostics = diagnostics
        self._mapper = UpdateMapper(start.generation, record.message, options.images, options.outputs)
        for waiting in self.waiting.values():
            if waiting.without_plan is not None:
                self._mapper.expect_plan(waiting.without_plan.tool_call_id)
        self._answers: dict[int, asyncio.Future[Message]] = {}

    def record(self, offset: int) -> ConnectionRecord:
        """Where the conversation stands, `offset` bytes into the agent's output."""
        return ConnectionRecord(
            offset=offset,
            next_line=self._outbox.next_line,
            session_id=self.session_id,
            prompt_id=self.prompt_id,
            is_cancelling=self._is_cancelling,
            outstanding=dict(self.outstanding),
            waiting=dict(self.waiting),
            asked=dict(self.asked),
            terminals=self._desk.terminal_records(),
            unsent=dict(self._outbox.unsent),
            message=self._mapper.message,
        )

    def drain(self) -> tuple[tuple[AnyEvent, ...], PromptEnded | None]:
        """The events since the last call, and the answer to the prompt if it came."""
        end, self.ended, self.is_changed = self.ended, None, False
        return self._mapper.drain(), end

    # What Segue says

    def ask(self, method: str, params: Message) -> tuple[int, asyncio.Future[Message]]:
        """Put a request on its way; the future gets the whole response."""
        number = self._put_request(method, params)
        answered = self._answers[number] = asyncio.get_running_loop().create_future()
        return number, answered

    def forget(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        self.outstanding.pop(number, None)
        self._answers.pop(number, None)

    def begin_loading(self, session_id: str) -> None:
        self.session_id, self.is_loading = session_id, True

    def begin_turn(self, session_id: str, params: Message) -> int:
        """Put the prompt on its way; returns its line."""
        self.session_id = session_id
        self._is_cancelling = False
        self._mapper.begin_turn()
        self.prompt_id = self._put_request("session/prompt", params)
        return self.prompt_id

    def forget_prompt(self, number: int) -> None:
        """The prompt never left, and never will."""
        self._outbox.withdraw(number)
        self.outstanding.pop(number, None)
        if self.prompt_id == number:
            self.prompt_id = None

    def cancel(self, session_id: str) -> int:
        """Ask for the end of the turn, deny what waits; returns the line of the request."""
        self._is_cancelling = True
        number = self._outbox.put(jsonrpc.notification("session/cancel", {"sessionId": session_id}))
        self._deny_waiting()
        return number

    def require_waiting(self, request_id: str) -> Waiting:
        """What the agent waits for a person with; raises StaleDecision."""
        if request_id not in self.waiting:
            raise StaleDecision(
                "already_decided", "The agent no longer waits for that answer.", action="Nothing was sent."
            )
        return self.waiting[request_id]

    def answer(self, request_id: str, option_id: str | None) -> int:
        """Answer a waiting request, or cancel it; returns the line of the answer."""
        waiting = self.waiting.pop(request_id)
        result = _cancelled(waiting) if option_id is None else permissions.selected(option_id)
        return self._outbox.put(jsonrpc.response(waiting.rpc_id, result))

    def answer_question(self, answer: QuestionAnswered) -> int:
        """Answer a waiting question; returns the line of the answer."""
        waiting = self.waiting.pop(answer.request_id)
        return self._outbox.put(jsonrpc.response(waiting.rpc_id, questions.answered(answer)))

    def reply(self, request_id: str, answer: Message | Denied, events: tuple[AnyEvent, ...]) -> None:
        """Answer what was asked, if the agent still waits with it; `events` are what was done."""
        asked = self.asked.pop(request_id, None)
        for event in events:
            self._mapper.add(event)
        if asked is not None and isinstance(answer, Denied):
            self._refuse(asked.rpc_id, answer.code, str(answer))
        elif asked is not None and not isinstance(answer, Denied):
            self._reply(asked.rpc_id, answer)

    def insert(self, events: tuple[AnyEvent, ...]) -> None:
        """Put what happened beside the conversation where it happened."""
        for event in events:
            self._mapper.aside(event)

    def end(self, failure: AgentFailed) -> None:
        """The agent is gone. The record still names the prompt that it got and never answered."""
        self.waiting.clear()
        self.asked.clear()
        self.outstanding.clear()
        for answered in self._answers.values():
            if not answered.done():
                answered.set_exception(failure)
                answered.exception()

    def _put_request(self, method: str, params: Message) -> int:
        """Requests have the number of their line as id, so none is ever used twice."""
        number = self._outbox.next_line
        self.outstanding[number] = method
        self._outbox.put(jsonrpc.request(number, method, params))
        return number

    def _deny_waiting(self) -> None:
        for waiting in self.waiting.values():
            self._reply(waiting.rpc_id, _cancelled(waiting))
        self.waiting.clear()

    def _reply(self, rpc_id: RequestId, result: Message) -> None:
        self._outbox.put(jsonrpc.response(rpc_id, result))
        self.is_changed = True

    def _refuse(self, rpc_id: RequestId | None, code: int, why: str) -> None:
        self._diagnostics.note(f"refused ({code}): {why}")
        self._outbox.put(jsonrpc.error(rpc_id, code, why))
        self.is_changed = True

    # What the agent says

    def take(self, line: bytes, offset: int) -> None:
        """Take one line, which begins at `offset`."""
        message = jsonrpc.parse(line)
        if type(message) is dict:
            self._diagnostics.good()
            if "method" not in message:
                self._take_response(message)
            elif "id" in message:
                self._take_request(message, offset)
            else:
                self._take_notification(message, offset)
        elif message is Unreadable.NOISE:
            self._diagnostics.bad(line, "no message")
        elif isinstance(message, Inexact):
            self._diagnostics.good()
            self._take_inexact(message.message, offset)
        else:
            self._diagnostics.bad(line, "malformed")
            self._refuse(None, jsonrpc.PARSE_ERROR, "Parse error")

    def _take_inexact(self, message: Message, offset: int) -> None:
        """What is only told is taken with its replacements; what asks is refused, since the answer would be to
        something else than was asked (S5)."""
        self._diagnostics.note("a message with numbers or characters that JSON cannot carry")
        if "method" not in message:
            self._take_response(message)
        elif "id" not in message:
            self._take_notification(message, offset)
        else:
            rpc_id = message["id"] if jsonrpc.is_id(message["id"]) else None
            self._refuse(rpc_id, jsonrpc.INVALID_PARAMS, "The request holds numbers or characters that are no JSON")

    def _take_notification(self, message: Message, offset: int) -> None:
        params = message.get("params")
        if message["method"] == questions.COMPLETE:
            return  # a person answered already, and there is nothing left to be closed
        if message["method"] != "session/update" or not isinstance(params, dict):
            self._diagnostics.note(f"ignored notification {jsonrpc.short(message['method'])}")
            return
        update = params.get("update")
        if params.get("sessionId") != self.session_id or not isinstance(update, dict):
            self._diagnostics.note("ignored an update for another session, or without content")
        elif str(update.get("sessionUpdate")) in offers.UPDATES:
            self._take_offer(offers.reported(update))
        elif not self.is_loading:
            try:
                self._mapper.take(update, offset)
                self._complete(update)
                self.is_changed = True
            except Unfit as unfit:
                self._diagnostics.note(f"ignored {unfit}")

    def _take_offer(self, report: offers.Report | None) -> None:
        if report is None:
            self._diagnostics.note("ignored an update on modes, options or commands without content")
            return
        if isinstance(report, ConfigReported | ModeReported):
            report = replace(report, in_turn=self.prompt_id is not None)
        self._mapper.aside(report)
        self.is_changed = True

    def _take_response(self, message: Message) -> None:
        number = message.get("id")
        method = self.outstanding.pop(number, None) if type(number) is int else None
        if method is None or type(number) is not int:
            self._diagnostics.note("ignored a response to nothing that was asked")
            return
        self.is_changed = True
        if method == "session/prompt":
            self._end_turn(message)
            return
        result = message.get("result")
        if method == "session/load":
            self.is_loading = False
            if "error" in message:
                self.session_id = ""
        elif method == "session/new" and isinstance(result, dict) and isinstance(result.get("sessionId"), str):
            self.session_id = result["sessionId"]
        if method in _TELL_OPTIONS and isinstance(result, dict) and (report := offers.config_reported(result)):
            self._take_offer(report)
        answered = self._answers.pop(number, None)
        if answered is not None and not answered.done():
            answered.set_result(message)

    def _end_turn(self, message: Message) -> None:
        self._mapper.close_message()
        self._deny_waiting()
        self.ended = self._how_it_ended(message)
        self.prompt_id, self._is_cancelling = None, False

    def _how_it_ended(self, message: Message) -> PromptEnded:
        error, result = message.get("error"), message.get("result")
        if isinstance(error, dict):
            if self._is_cancelling or error.get("code") == jsonrpc.REQUEST_CANCELLED:
                return PromptEnded(StopReason.CANCELLED)
            if error.get("code") == jsonrpc.AUTHENTICATION_REQUIRED:
                return PromptEnded(StopReason.FAILED, SIGN_IN, needs_sign_in=True)
            return PromptEnded(StopReason.FAILED, error_text(error))
        result = result if isinstance(result, dict) else {}
        reason = result.get("stopReason")
        if isinstance(reason, str):
            if reason not in _STOP_REASONS:
                self._mapper.note("stop_reason", f"The agent gave an unknown stop reason: {visible(reason[:80])}.")
            known = _STOP_REASONS.get(reason, StopReason.END_TURN)
            return PromptEnded(known, tokens=usage.tokens(result), models=usage.models(result))
        return PromptEnded(StopReason.FAILED, "The agent's answer to the prompt makes no sense: no stop reason.")

    def _take_request(self, message: Message, offset: int) -> None:
        rpc_id: Any = message["id"]
        if not jsonrpc.is_id(rpc_id):
            self._refuse(None, jsonrpc.INVALID_REQUEST, "The request has no usable id")
            return
        if any(_is_same(known, rpc_id) for known in self._open_ids()):
            self._refuse(rpc_id, jsonrpc.INVALID_REQUEST, "A request with this id still waits for its answer")
            return
        method = message["method"]
        try:
            if method == "session/request_permission":
                self._take_permission(rpc_id, self._params(message), offset)
            elif method == questions.METHOD:
                self._take_question(rpc_id, self._scoped(message), offset)
            elif isinstance(method, str) and method in self._brokered:
                self.asked[f"{self._generation}-{offset}"] = Asked(rpc_id, method, self._params(message))
                self.is_changed = True
            else:
                name = visible(jsonrpc.short(method))
                self._refuse(rpc_id, jsonrpc.METHOD_NOT_FOUND, f"Method not found: {name}")
        except Unfit as unfit:
            self._refuse(rpc_id, jsonrpc.INVALID_PARAMS, f"Invalid params: {unfit}")

    def _open_ids(self) -> list[RequestId]:
        return [request.rpc_id for request in self.waiting.values()] + [asked.rpc_id for asked in self.asked.values()]

    def _params(self, message: Message) -> Message:
        params = message.get("params")
        if not isinstance(params, dict) or params.get("sessionId") != self.session_id:
            raise Unfit("no such session")
        return params

    def _take_permission(self, rpc_id: RequestId, params: Message, offset: int) -> None:
        request = permissions.requested(f"{self._generation}-{offset}", params, self._directory)
        request = replace(request, plan=request.plan or self._mapper.plan_of(request.tool_call_id))
        if self.prompt_id is None or self._is_cancelling:
            self._diagnostics.note("cancelled a permission request outside of a turn")
            self._reply(rpc_id, permissions.CANCELLED)
        elif len(self.waiting) >= permissions.PENDING_LIMIT:
            limit = permissions.PENDING_LIMIT
            self._mapper.note("permissions", f"The agent asks too much at once: beyond {limit} requests are denied.")
            self._reply(rpc_id, permissions.denied(request))
        else:
            call = params["toolCall"]
            if request.tool_call_id and call.get("content"):
                self._mapper.add(tool_call(request.tool_call_id, call))
            self._mapper.add(request)
            waiting = Waiting(rpc_id, tuple(option.option_id for option in request.options))
            if request.tool_call_id and not request.plan and self._mapper.leaves_mode(request):
                self._mapper.expect_plan(request.tool_call_id)
                waiting = replace(waiting, without_plan=request)
            self.waiting[request.request_id] = waiting
            self.is_changed = True

    def _complete(self, update: Message) -> None:
        """A plan may come after the request that decides on it; then the request is told again, with its plan."""
        for request_id, waiting in self.waiting.items():
            asked = waiting.without_plan
            if asked is None or asked.tool_call_id != fields.identifier(update.get("toolCallId")):
                continue
            if plan := self._mapper.plan_of(asked.tool_call_id):
                self._mapper.add(replace(asked, plan=plan))
                self.waiting[request_id] = replace(waiting, without_plan=None)

    def _scoped(self, message: Message) -> Message:
        """The parameters of a question: it may name the prompt that it belongs to in place of the session."""
        params = message.get("params")
        if isinstance(params, dict) and "sessionId" not in params and params.get("requestId") in self.outstanding:
            return params
        return self._params(message)

    def _take_question(self, rpc_id: RequestId, params: Message, offset: int) -> None:
        try:
            asked = questions.asked(f"{self._generation}-{offset}", params)
        except Unfit as unfit:
            self._mapper.note("question", f"A question of the agent was declined: it is {unfit}.")
            self._reply(rpc_id, questions.DECLINED)
            return
        waiting = sum(request.ask is Ask.QUESTION for request in self.waiting.values())
        if self.prompt_id is None or self._is_cancelling:
            self._diagnostics.note("cancelled a question outside of a turn")
            self._reply(rpc_id, questions.CANCELLED)
        elif waiting >= questions.PENDING_LIMIT:
            self._mapper.note("questions", f"Beyond {waiting} questions at once the agent's others are declined.")
            self._reply(rpc_id, questions.DECLINED)
        else:
            self._mapper.add(asked)
            self.waiting[asked.request_id] = Waiting(rpc_id, ask=Ask.QUESTION)
            self.is_changed = True


def _cancelled(waiting: Waiting) -> Message:
    """What an agent is answered that waits with something that nobody decided."""
    return questions.CANCELLED if waiting.ask is Ask.QUESTION else permissions.CANCELLED


def _is_same(one: RequestId, other: RequestId) -> bool:
    return type(one) is type(other) and one == other
