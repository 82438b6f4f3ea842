"""docs/monitoring/dashboard.json: the Grafana dashboard, made from the list of its panels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, prometheus, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH, _HEIGHT, _ACROSS = 8, 7, 3
# Grafana puts in a window that has at least four scrapes
_WINDOW = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph."""

    title: str
    unit: str
    """Grafana's name of it."""
    queries: tuple[tuple[str, str], ...]
    """Legend and PromQL of each line."""


def _rate(metric: str, by: str = "", where: str = "") -> str:
    selected = f"{metric}{{{where}}}" if where else metric
    return f"sum by ({by}) (rate({selected}[{_WINDOW}]))"


def _quantiles(histogram: str, by: str = "", where: str = "") -> tuple[tuple[str, str], ...]:
    labels = ", ".join(part for part in ("le", by) if part)
    rate = _rate(f"{histogram}_bucket", labels, where)
    name = f" {{{{{by}}}}}" if by else ""
    return tuple((f"{q:.0%}{name}", f"histogram_quantile({q}, {rate})") for q in (0.5, 0.95))


def _oldest(kind: str) -> tuple[str, str]:
    return kind, f'max(whatsapp_errand_wait_seconds{{kind="{kind}"}})'


ROWS: Sequence[tuple[str, Sequence[Panel]]] = (
    (
        "Are calls getting through?",
        (
            Panel(
                "Calls now",
                "short",
                (
                    (
                        "{{direction}} {{status}}",
                        "max by (direction, status) (whatsapp_calls_live)",
                    ),
                ),
            ),
            Panel(
                "Calls that ended",
                "cps",
                (("{{status}}", _rate("whatsapp_calls_ended_total", "status")),),
            ),
            Panel(
                "Failed, by reason",
                "cps",
                (
                    (
                        "{{reason}}",
                        _rate("whatsapp_calls_ended_total", "reason", 'status="failed"') + " > 0",
                    ),
                ),
            ),
            Panel(
                "Placed calls that were answered",
                "percentunit",
                (
                    (
                        "answered",
                        _rate(
                            "whatsapp_calls_ended_total",
                            "",
                            'direction="outbound",status="completed"',
                        )
                        + " / "
                        + _rate("whatsapp_calls_ended_total", "", 'direction="outbound"'),
                    ),
                ),
            ),
            Panel(
                "Inbound calls refused",
                "cps",
                (("{{by}}", _rate("whatsapp_calls_refused_total", "by")),),
            ),
            Panel(
                "Set-ups that run",
                "short",
                (
                    ("running {{instance}}", "whatsapp_setups"),
                    ("at most {{instance}}", "whatsapp_setups_limit"),
                ),
            ),
        ),
    ),
    (
        "How long people wait",
        (
            Panel(
                "Set-up of inbound calls, 95 % by stage",
                "s",
                _quantiles("whatsapp_call_stage_seconds", "stage", 'direction="inbound"')[1:],
            ),
            Panel(
                "Silence after the answer", "s", _quantiles("wacall_agent_pick_up_silence_seconds")
            ),
            Panel("Turn latency", "s", _quantiles("wacall_agent_response_seconds")),
            Panel("The model's first sound", "s", _quantiles("wacall_agent_model_seconds")),
            Panel(
                "From barge-in to silence", "s", _quantiles("wacall_agent_barge_in_stop_seconds")
            ),
            Panel(
                "Barge-ins",
                "cps",
                (("barge-ins", _rate("wacall_agent_barge_in_stop_seconds_count")),),
            ),
        ),
    ),
    (
        "What the agent does",
        (
            Panel(
                "Turns with a transcript",
                "percentunit",
                (
                    (
                        "transcribed",
                        _rate("wacall_agent_turns_total", "", 'transcript="yes"')
                        + " / "
                        + _rate("wacall_agent_turns_total", "", 'transcript=~"yes|no"'),
                    ),
                ),
            ),
            Panel("Tools", "s", _quantiles("wacall_agent_tool_seconds", "tool")[1:]),
            Panel(
                "Calls of tools",
                "cps",
                (
                    (
                        "{{tool}} {{outcome}}",
                        _rate("wacall_agent_tool_seconds_count", "tool, outcome"),
                    ),
                ),
            ),
            Panel("Tokens", "cps", (("{{kind}}", _rate("wacall_agent_tokens_total", "kind")),)),
            Panel(
                "Cost of the last hour",
                "currencyUSD",
                (
                    ("priced", "sum(increase(wacall_agent_cost_usd_total[1h]))"),
                    (
                        "turns without a price",
                        "sum(increase(wacall_agent_unpriced_turns_total[1h]))",
                    ),
                ),
            ),
            Panel(
                "Cost of today (UTC)",
                "currencyUSD",
                (
                    ("until now", "max(whatsapp_cost_today_usd)"),
                    ("at most", "max(whatsapp_cost_cap_usd)"),
                ),
            ),
            Panel("Calls by worker", "short", (("{{instance}}", "wacall_agent_calls"),)),
        ),
    ),
    (
        "Whose fault is it?",
        (
            Panel("Webhooks to their 200", "s", _quantiles("whatsapp_webhook_seconds")),
            Panel(
                "Webhooks refused, events by outcome",
                "cps",
                (
                    ("refused {{code}}", _rate("whatsapp_webhooks_refused_total", "code")),
                    (
                        "{{kind}} {{outcome}}",
                        _rate("whatsapp_webhook_events_total", "kind, outcome"),
                    ),
                ),
            ),
            Panel(
                "Requests to neighbours, 95 %",
                "s",
                _quantiles("whatsapp_upstream_seconds", "service")[1:],
            ),
            Panel(
                "Requests by outcome",
                "reqps",
                (
                    (
                        "{{service}} {{outcome}}",
                        _rate("whatsapp_upstream_seconds_count", "service, outcome"),
                    ),
                ),
            ),
            Panel(
                "Requests of workers by outcome",
                "reqps",
                (
                    (
                        "{{service}} {{outcome}}",
                        _rate("wacall_agent_upstream_seconds_count", "service, outcome"),
                    ),
                ),
            ),
            Panel(
                "Troubles",
                "short",
                (
                    ("silent: {{service}}", "max by (service) (whatsapp_breaker_open)"),
                    ("{{line}} {{trouble}}", "max by (line, trouble) (whatsapp_line_trouble)"),
                    ("ill: {{loop}}", "max by (loop) (whatsapp_loop_ill)"),
                ),
            ),
            Panel("Clock ahead of Meta's", "s", (("{{instance}}", "whatsapp_clock_skew_seconds"),)),
            Panel(
                "Days until a token ends",
                "d",
                (
                    (
                        "{{line}}",
                        "(min by (line) (whatsapp_token_expires_timestamp_seconds) - time()) "
                        "/ 86400",
                    ),
                ),
            ),
            Panel(
                "What waits, the oldest",
                "s",
                tuple(_oldest(kind) for kind in ("message", "follow-up", "call-job", "event")),
            ),
            Panel(
                "Loops: failed turns, and the time since the last one",
                "short",
                (
                    (
                        "failed {{loop}}",
                        _rate("whatsapp_loop_turns_total", "loop", 'outcome="failed"'),
                    ),
                    (
                        "seconds since {{loop}}",
                        "time() - max by (loop) (whatsapp_loop_last_turn_timestamp_seconds)",
                    ),
                ),
            ),
        ),
    ),
    (
        "The sound",
        (
            Panel(
                "Packets lost on the way to a bridge",
                "percentunit",
                (
                    (
                        "from {{side}}",
                        _rate("wacall_bridge_lost_packets_total", "side")
                        + " / ("
                        + _rate("wacall_bridge_received_packets_total", "side")
                        + " + "
                        + _rate("wacall_bridge_lost_packets_total", "side")
                        + ")",
                    ),
                ),
            ),
            Panel(
                "Jitter, the worst leg",
                "s",
                (
                    ("from {{side}}", "max by (side) (wacall_bridge_jitter_seconds)"),
                    ("at the peer", "max(wacall_bridge_far_jitter_seconds)"),
                    ("way to a peer and back", "max(wacall_bridge_far_round_trip_seconds)"),
                ),
            ),
            Panel(
                "Pauses in what is sent",
                "cps",
                (("to {{side}}", _rate("wacall_bridge_gaps_total", "side")),),
            ),
            Panel(
                "Legs of bridges",
                "short",
                (
                    ("{{instance}}", "wacall_bridge_legs"),
                    ("at most {{instance}}", "wacall_bridge_legs_max"),
                ),
            ),
            Panel(
                "LiveKit: packets",
                "pps",
                (("{{direction}}", _rate("livekit_packet_total", "direction")),),
            ),
            Panel(
                "LiveKit: loss, 95 % of tracks",
                "percent",
                _quantiles("livekit_packet_loss_percent", "direction")[1:],
            ),
            Panel(
                "LiveKit: jitter, 95 % of tracks",
                "µs",
                _quantiles("livekit_jitter_us", "direction")[1:],
            ),
            Panel(
                "LiveKit: rooms and participants",
                "short",
                (
                    ("rooms", "sum(livekit_room_total)"),
                    ("participants", "sum(livekit_participant_total)"),
                ),
            ),
        ),
    ),
)


def dashboard_json() -> str:
    """Write the dashboard; Grafana asks for the data source when it is imported."""
    board = (
        dashboard.Dashboard("wacall")
        .uid("wacall")
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
    )
    for place in _places():
        if isinstance(place, dashboard.Row):
            board.with_row(place)
        else:
            board.with_panel(place)
    return JSONEncoder(sort_keys=True, indent=2).encode(board.build()) + "\n"


def _places() -> Iterator[dashboard.Row | timeseries.Panel]:
    number, y = 0, 0
    for title, panels in ROWS:
        number += 1
        yield dashboard.Row(title).id(number).grid_pos(GridPos(h=1, w=24, x=0, y=y))
        y += 1
        for index, panel in enumerate(panels):
            number += 1
            down, across = divmod(index, _ACROSS)
            at = GridPos(h=_HEIGHT, w=_WIDTH, x=across * _WIDTH, y=y + down * _HEIGHT)
            yield _drawn(panel, number, at)
        y += -(-len(panels) // _ACROSS) * _HEIGHT


def _drawn(panel: Panel, number: int, at: GridPos) -> timeseries.Panel:
    drawn = timeseries.Panel().title(panel.title).id(number).unit(panel.unit).grid_pos(at)
    drawn.datasource(_SOURCE)
    for letter, (legend, query) in zip("ABCDEFGH", panel.queries, strict=False):
        drawn.with_target(prometheus.Dataquery().expr(query).legend_format(legend).ref_id(letter))
    return drawn
