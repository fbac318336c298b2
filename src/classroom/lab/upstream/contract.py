"""What ours rely on of upstream's that isn't a public hook: named here, checked at start.

An upgrade that changes one of these stops the lab with a sentence, instead of losing keystrokes.
"""

from __future__ import annotations

import inspect
from typing import Any

import jupyter_server_ydoc.app
import jupyter_server_ydoc.handlers
import jupyter_server_ydoc.loaders
import jupyterlab_server.handlers
from jupyter_client.multikernelmanager import AsyncMultiKernelManager
from jupyter_server.services.contents.handlers import ContentsHandler
from jupyter_server.services.events.handlers import SubscribeWebsocket
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from jupyter_server_ydoc.handlers import YDocWebSocketHandler
from jupyter_server_ydoc.loaders import FileLoader
from jupyter_server_ydoc.rooms import DocumentRoom
from jupyter_server_ydoc.utils import check_session_compatibility, save_current_session
from jupyterlab_server import settings_utils
from jupyterlab_server.handlers import LabHandler
from nbformat.json_compat import JsonSchemaValidator
from nbformat.v4.nbjson import JSONWriter
from pycrdt.websocket import YRoom
from terminado.management import TermManagerBase
from terminado.websocket import TermSocket
from tornado.iostream import BaseIOStream
from tornado.web import RequestHandler
from tornado.websocket import WebSocketProtocol13
from zmq.eventloop.zmqstream import ZMQStream

# Attributes that a class's methods use: ours rely on them meaning the same.
EXPECTED: dict[Any, tuple[str, ...]] = {
    YRoom._broadcast_updates: ("_update_receive_stream", "_task_group", "ystore", "start_lock"),  # noqa: SLF001
    YRoom._watch_ready: (  # noqa: SLF001
        "ready_event",
        "_subscription",
        "_update_send_stream",
        "ydoc_observed",
    ),
    YRoom._start: ("started", "_update_send_stream"),  # noqa: SLF001
    YRoom.serve: ("clients", "on_message", "send", "handle_sync_message"),
    YRoom.send_server_awareness: ("awareness", "_task_group"),
    DocumentRoom._on_document_change: ("_update_lock", "_saving_document", "_maybe_save_document"),  # noqa: SLF001
    DocumentRoom._maybe_save_document: ("_save_delay", "maybe_save_content"),  # noqa: SLF001
    FileLoader.maybe_save_content: ("_lock", "last_modified", "OutOfBandChanges"),
    FileLoader.observe: ("_subscriptions",),
    BaseIOStream.write: ("_write_buffer",),
    WebSocketProtocol13._receive_frame: ("_read_bytes", "_fragmented_message_buffer", "_abort"),  # noqa: SLF001
    WebSocketProtocol13._receive_frame_loop: ("_receive_frame", "client_terminated"),  # noqa: SLF001
    WebSocketProtocol13._write_frame: ("stream", "write"),  # noqa: SLF001
    WebSocketProtocol13.write_message: ("_write_frame",),
    RequestHandler.finish: ("_finished", "flush"),
    RequestHandler.flush: ("_headers_written",),
    RequestHandler._handle_request_exception: ("log_exception", "_finished"),  # noqa: SLF001
    ContentsHandler._finish_model: ("set_header", "finish"),  # noqa: SLF001
    JsonSchemaValidator.__init__: ("_schema",),
    JSONWriter.writes: ("split_lines", "strip_transient"),
    YDocWebSocketHandler._clean_room: (  # noqa: SLF001
        "_cleanup_delay",
        "_room_lock",
        "delete_room",
        "_file_loaders",
        "number_of_subscriptions",
    ),
    YDocWebSocketHandler.__anext__: ("_message_queue",),
    YDocWebSocketHandler.prepare: ("_room_lock", "room_exists", "add_room"),
    YDocWebSocketHandler.open: ("cleaner", "cancel", "_clean_room"),
    MappingKernelManager.start_buffering: ("_kernel_buffers", "buffer_offline_messages"),
    MappingKernelManager.start_watching_activity: ("_activity_stream", "on_recv"),
    AsyncMultiKernelManager._async_start_kernel: ("pre_start_kernel", "_kernels"),  # noqa: SLF001
    ZMQStream.on_recv: ("_recv_callback",),
    inspect.unwrap(TermSocket.on_message): ("stdin_to_ptyproc", "terminal"),
    TermManagerBase.pty_read: ("ptyproc", "read", "EOFError", "on_eof"),
    TermManagerBase.on_eof: ("fd", "remove_handler", "close"),
    ZMQChannelsWebsocketConnection.handle_outgoing_message: ("feed_identities", "channels"),
    SessionManager.session_exists: ("cursor",),
    LabHandler.get_page_config.__wrapped__: ("get_page_config",),
    settings_utils._list_settings: ("_get_schema", "glob"),  # noqa: SLF001
    settings_utils.get_settings: ("_get_schema",),
    settings_utils._get_user_settings: ("json5", "loads"),  # noqa: SLF001
    settings_utils.save_settings: ("json5", "loads"),
}
SIGNATURES: dict[Any, tuple[str, ...]] = {
    jupyterlab_server.handlers.get_page_config: (
        "labextensions_path",
        "app_settings_dir",
        "logger",
    ),
    settings_utils._get_schema: (  # noqa: SLF001
        "schemas_dir",
        "schema_name",
        "overrides",
        "labextensions_path",
    ),
    DocumentRoom._maybe_save_document: ("self", "saving_document", "save_now"),  # noqa: SLF001
    DocumentRoom._on_document_change: ("self", "target", "event"),  # noqa: SLF001
    YRoom.send_server_awareness: ("self", "type", "changes"),
    YRoom.serve: ("self", "channel"),
    WebSocketProtocol13._read_bytes: ("self", "n"),  # noqa: SLF001
    WebSocketProtocol13._write_frame: ("self", "fin", "opcode", "data", "flags"),  # noqa: SLF001
    SubscribeWebsocket.event_listener: ("self", "logger", "schema_id", "data"),
    MappingKernelManager.start_buffering: ("self", "kernel_id", "session_key", "channels"),
    RequestHandler.log_exception: ("self", "typ", "value", "tb"),
    save_current_session: (
        "root_dir",
        "session_id",
        "version",
        "lock",
        "document_version",
        "session_store_path",
    ),
    check_session_compatibility: (
        "root_dir",
        "client_session_id",
        "current_version",
        "current_document_version",
        "session_store_path",
    ),
}
# The modules in which upstream names the classes that it makes rooms of.
MAKERS = {
    jupyter_server_ydoc.handlers: ("DocumentRoom", "TransientRoom"),
    jupyter_server_ydoc.app: ("DocumentRoom", "YDocWebSocketHandler"),
    jupyter_server_ydoc.loaders: ("FileLoader",),
}


class ChangedError(RuntimeError):
    """Upstream has changed under us."""


def differences() -> list[str]:
    """List what isn't as our subclasses need it."""
    found = []
    for function, names in EXPECTED.items():
        known = set(function.__code__.co_names) | set(function.__code__.co_freevars)
        found += [
            f"{function.__qualname__} no longer uses {name}" for name in names if name not in known
        ]
    for function, names in SIGNATURES.items():
        given = tuple(inspect.signature(function).parameters)
        if given != names:
            found.append(f"{function.__qualname__} takes {given}, not {names}")
    for module, names in MAKERS.items():
        found += [f"{module.__name__} has no {name}" for name in names if not hasattr(module, name)]
    return found


def check() -> None:
    """See that upstream is as we know it.

    Raises:
        ChangedError: it isn't; the lab must not start on it.
    """
    if found := differences():
        raise ChangedError(
            "jupyter-collaboration has changed: "
            + "; ".join(found)
            + ": adapt classroom.lab.rooms.document_room"
        )
