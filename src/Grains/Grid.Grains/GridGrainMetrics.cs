using System.Diagnostics;
using System.Diagnostics.Metrics;
using Grid.Abstractions;

namespace Grid.Grains;

/// <summary>What the grains of a node do: meter <see cref="MeterName"/>, and traces of source <see cref="Activities"/>.</summary>
public sealed class GridGrainMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Grid.Grains";

    /// <summary>The source of traces around bucket calls.</summary>
    public static readonly ActivitySource Activities = new("Grid");

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _received;
    private readonly Counter<long> _sent;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _opened;
    private readonly Histogram<double> _openDuration;
    private readonly UpDownCounter<long> _open;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _rounds;
    private readonly Histogram<double> _roundDuration;
    private readonly Counter<long> _tiered;
    private readonly Gauge<long> _backlog;
    private readonly Counter<long> _compactions;
    private readonly Histogram<double> _compactionDuration;
    private readonly Counter<long> _compacted;
    private readonly Counter<long> _compactedFiles;
    private readonly Gauge<long> _smallFiles;

    /// <summary>Makes the instruments.</summary>
    public GridGrainMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram<double>("grid.bucket.call.duration", "s", "Time of a bucket's calls, waits of fetches included.");
        _received = _meter.CreateCounter<long>("grid.bucket.received", "By", "Bytes of blocks in bucket calls.");
        _sent = _meter.CreateCounter<long>("grid.bucket.sent", "By", "Bytes of blocks in answers of bucket calls.");
        _refused = _meter.CreateCounter<long>("grid.bucket.refusals", "{refusal}", "Refused calls by error code.");
        _opened = _meter.CreateCounter<long>("grid.bucket.opened", "{bucket}", "Buckets opened.");
        _openDuration = _meter.CreateHistogram<double>("grid.bucket.open.duration", "s", "Time to open a bucket, recovery and replay included.");
        _open = _meter.CreateUpDownCounter<long>("grid.bucket.open", "{bucket}", "Buckets open now.");
        _inFlight = _meter.CreateUpDownCounter<long>("grid.bytes_in_flight", "By", "Bytes of requests and answers being worked on.");
        _rounds = _meter.CreateCounter<long>("grid.lake.rounds", "{round}", "Rounds of tiering by outcome; one that left a bucket out has failed.");
        _roundDuration = _meter.CreateHistogram<double>("grid.lake.round.duration", "s", "Time of a round of tiering.");
        _tiered = _meter.CreateCounter<long>("grid.lake.tiered", "By", "Bytes of files written for the lake, those of rounds that came to nothing included.");
        _backlog = _meter.CreateGauge<long>("grid.lake.backlog", "{row}", "Rows of a table that are committed and not in the lake, as known after a round.");
        _compactions = _meter.CreateCounter<long>("grid.lake.compactions", "{step}", "Steps of compaction by outcome; one that found nothing to do is none.");
        _compactionDuration = _meter.CreateHistogram<double>("grid.lake.compaction.duration", "s", "Time of a step of compaction.");
        _compacted = _meter.CreateCounter<long>("grid.lake.compacted", "By", "Bytes of small lake files that were rewritten into large ones.");
        _compactedFiles = _meter.CreateCounter<long>("grid.lake.compacted.files", "{file}", "Small lake files that were rewritten into large ones.");
        _smallFiles = _meter.CreateGauge<long>("grid.lake.small_files", "{file}", "Small files of a lake table, as known after a step of compaction.");
    }

    /// <summary>A call was answered.</summary>
    public void CallAnswered(string operation, TimeSpan duration, long received, long sent)
    {
        var tag = new KeyValuePair<string, object?>("operation", operation);
        _duration.Record(duration.TotalSeconds, tag);
        if (received > 0)
            _received.Add(received, tag);
        if (sent > 0)
            _sent.Add(sent, tag);
    }

    /// <summary>A call was refused.</summary>
    public void CallRefused(string operation, GridErrorCode code) =>
        _refused.Add(1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("code", code.ToString()));

    /// <summary>A bucket was opened.</summary>
    public void BucketOpened(TimeSpan duration)
    {
        _opened.Add(1);
        _openDuration.Record(duration.TotalSeconds);
        _open.Add(1);
    }

    /// <summary>A bucket was closed.</summary>
    public void BucketClosed() => _open.Add(-1);

    /// <summary>Bytes came into work, or with a negative number left it.</summary>
    public void BytesInFlightChanged(long bytes) => _inFlight.Add(bytes);

    /// <summary>A round of tiering ended.</summary>
    public void RoundEnded(string table, bool failed, TimeSpan duration, long backlog)
    {
        _rounds.Add(1, new KeyValuePair<string, object?>("outcome", failed ? "failed" : "ok"));
        _roundDuration.Record(duration.TotalSeconds);
        _backlog.Record(backlog, new KeyValuePair<string, object?>("table", table));
    }

    /// <summary>Lake files were written.</summary>
    public void Tiered(long bytes) => _tiered.Add(bytes);

    /// <summary>A step of compaction ended.</summary>
    public void CompactionEnded(string table, bool failed, TimeSpan duration, int files, long bytes, int? smallFiles)
    {
        if (failed || files > 0)
        {
            _compactions.Add(1, new KeyValuePair<string, object?>("outcome", failed ? "failed" : "ok"));
            _compactionDuration.Record(duration.TotalSeconds);
        }

        _compacted.Add(bytes);
        _compactedFiles.Add(files);
        if (smallFiles is { } small)
            _smallFiles.Record(small, new KeyValuePair<string, object?>("table", table));
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
