"""Receivers that speak OTLP by the official protobufs, over HTTP and gRPC."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs_pb2
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc

REQUESTS = {
    "/v1/traces": trace_pb2.ExportTraceServiceRequest,
    "/v1/metrics": metrics_pb2.ExportMetricsServiceRequest,
    "/v1/logs": logs_pb2.ExportLogsServiceRequest,
}


RESPONSES = {
    "/v1/traces": (trace_pb2.ExportTraceServiceResponse, "rejected_spans"),
    "/v1/metrics": (metrics_pb2.ExportMetricsServiceResponse, "rejected_data_points"),
    "/v1/logs": (logs_pb2.ExportLogsServiceResponse, "rejected_log_records"),
}


def answer(path, rejects):
    """Return the response of a signal, which says how many were rejected."""
    response, field = RESPONSES[path]
    made = response()
    if rejects != (0, ""):
        setattr(made.partial_success, field, rejects[0])
        made.partial_success.error_message = rejects[1]
    return made


class Received:
    """What a receiver has got, and how it is to behave."""

    def __init__(self):
        self.requests = []
        self.headers = []
        self.connections = set()
        self.status = 200
        self.hangs = False
        self.released = threading.Event()
        self.released.set()
        self.endpoint = ""
        #: How many of each request are rejected, and what is said of them.
        self.rejects = (0, "")

    def take(self, request, headers):
        self.requests.append(request)
        self.headers.append({name.lower(): value for name, value in headers})

    def _resources(self, field):
        return [each for request in self.requests for each in getattr(request, field, ())]

    def spans(self):
        groups = self._resources("resource_spans")
        return [span for group in groups for scope in group.scope_spans for span in scope.spans]

    def metrics(self):
        groups = self._resources("resource_metrics")
        return [metric for group in groups for scope in group.scope_metrics for metric in scope.metrics]

    def logs(self):
        groups = self._resources("resource_logs")
        return [record for group in groups for scope in group.scope_logs for record in scope.log_records]

    def resource(self, field):
        """Return the attributes of the first resource of a signal."""
        return plain(self._resources(field)[0].resource.attributes)


def plain(attributes):
    """Return attributes of the protobufs as a dictionary."""
    return {each.key: _value(each.value) for each in attributes}


def _value(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)


@pytest.fixture
def collector():
    """A receiver over HTTP."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        # Connections are kept open, as a collector keeps them.
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.connections.add(self.client_address)
            hangs = received.hangs
            received.released.wait(20)
            if hangs:
                self.close_connection = True
                return
            if received.status == 200:
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                received.take(REQUESTS[self.path].FromString(body), self.headers.items())
            said = answer(self.path, received.rejects).SerializeToString() if received.status == 200 else b""
            self.send_response(received.status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *arguments):
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    received.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield received
    received.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def grpc_collector():
    """A receiver over gRPC."""
    received = Received()

    def servicer(base, path):
        class Servicer(base):
            def Export(self, request, context):
                received.take(request, context.invocation_metadata())
                return answer(path, received.rejects)

        return Servicer()

    server = grpc.server(ThreadPoolExecutor(max_workers=3))
    trace_grpc.add_TraceServiceServicer_to_server(
        servicer(trace_grpc.TraceServiceServicer, "/v1/traces"), server
    )
    metrics_grpc.add_MetricsServiceServicer_to_server(
        servicer(metrics_grpc.MetricsServiceServicer, "/v1/metrics"), server
    )
    logs_grpc.add_LogsServiceServicer_to_server(servicer(logs_grpc.LogsServiceServicer, "/v1/logs"), server)
    received.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield received
    server.stop(None).wait()


@pytest.fixture(name="plain")
def plain_attributes():
    """Turns attributes of the protobufs into a dictionary."""
    return plain
