using Grid.Abstractions;

namespace Grid.Client.Tests.Fakes;

/// <summary>
/// A bucket in memory, stricter than the real one: a sequence ahead of the expected one is refused at once. It remembers the last five frames of each writer.
/// </summary>
internal sealed class FakeBucket(FakeGrid grid, int number) : IBucketGrain
{
    private readonly Lock _lock = new();
    private readonly List<(FrameHeader Header, byte[] Frame)> _log = [];
    private readonly Dictionary<WriterId, List<(int Sequence, AppendAnswer Answer)>> _writers = [];
    private long _end;

    /// <summary>Refuses a frame for good, or not (null).</summary>
    public Func<Frame, GridException?> Refuses { get; set; } = static _ => null;

    /// <summary>Answers lookups.</summary>
    public Func<LookupRequest, Task<LookupAnswer>> Lookups { get; set; } = static _ => throw new NotSupportedException();

    /// <summary>Gives tickets for streams; none by default.</summary>
    public Func<StreamRequest, StreamTicket?> Streams { get; set; } = static _ => null;

    /// <summary>Says which nodes have copies.</summary>
    public Func<BucketStatus> Status { get; set; } = static () => throw new NotSupportedException();

    public int StatusCalls { get; private set; }

    public int Number => number;

    public int Fetches { get; private set; }

    /// <summary>The first fetches, which nobody answers: their node died.</summary>
    public int LostFetches { get; set; }

    public int Calls { get; private set; }

    public IReadOnlyList<(FrameHeader Header, byte[] Frame)> Log
    {
        get
        {
            lock (_lock)
                return [.. _log];
        }
    }

    public void ForgetWriters()
    {
        lock (_lock)
            _writers.Clear();
    }

    public async Task<AppendAnswer> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        Assert.True(request.Frames.TryRetain());
        AppendAnswer? answer = null;
        try
        {
            await grid.Network(() =>
            {
                answer = Append(request.Frames);
                return Task.CompletedTask;
            });
        }
        finally
        {
            request.Frames.Dispose();
        }

        return answer!;
    }

    public async Task<WriteAnswer> WriteAsync(WriteRequest request, CancellationToken cancellationToken)
    {
        var answer = await AppendAsync(new AppendRequest { Frames = request.Frame }, cancellationToken);
        return new WriteAnswer { BaseOffset = answer.BaseOffset, EndOffset = answer.EndOffset, TimestampMs = answer.TimestampMs };
    }

    public Task<FetchAnswer> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Fetches++ < LostFetches)
                return new TaskCompletionSource<FetchAnswer>().Task;
            var frame = _log.FirstOrDefault(f => f.Header.EndOffset > request.Offset);
            return Task.FromResult(new FetchAnswer
            {
                Frames = frame.Frame is null ? null : Project(frame.Frame, request),
                NextOffset = frame.Frame is null ? request.Offset : frame.Header.EndOffset,
                HighWatermark = new LogOffset(_end),
            });
        }
    }

    public Task<StreamTicket?> OpenStreamAsync(StreamRequest request, CancellationToken cancellationToken) => Task.FromResult(Streams(request));

    private FrameBlock Project(byte[] bytes, FetchRequest request)
    {
        var reader = new FrameReader(bytes);
        Assert.True(reader.Read());
        var schema = grid.Info.GetSchema(reader.Current.Header.SchemaVersion);
        return request.Project ? new FrameProjector(schema, [.. request.Columns.Where(c => schema.IndexOf(c) >= 0)]).Project(reader.Current) : FrameBlock.Wrap([.. bytes]);
    }

    public Task<LogOffset> FindOffsetAsync(OffsetQuery query) => Task.FromResult(new LogOffset(query.Place == OffsetPlace.Earliest ? 0 : _end));

    public async Task<LookupAnswer> LookupAsync(LookupRequest request, CancellationToken cancellationToken)
    {
        Calls++;
        return await Lookups(request);
    }

    public Task<ScanAnswer> OpenScanAsync(ScanRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ScanAnswer> NextScanAsync(long scanId, int page, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task CloseScanAsync(long scanId) => throw new NotSupportedException();

    public Task<BucketStatus> GetStatusAsync()
    {
        StatusCalls++;
        return Task.FromResult(Status());
    }

    public Task RefreshAsync() => Task.CompletedTask;

    private AppendAnswer Append(FrameBlock block)
    {
        lock (_lock)
        {
            Calls++;
            var reader = new FrameReader(block.Memory);
            Assert.True(reader.Read());
            var frame = reader.Current;
            Assert.False(reader.Read());
            var header = frame.Header;
            var remembered = _writers.TryGetValue(header.Writer, out var known) ? known : [];
            if (remembered.FirstOrDefault(r => r.Sequence == header.Sequence).Answer is { } repeat)
                return repeat;
            var expected = remembered.Count == 0 ? 0 : remembered[^1].Sequence + 1;
            if (header.Sequence != expected)
                throw new GridException(GridErrorCode.SequenceOutOfOrder, "gap") { Detail = expected };
            if (_log.Count > 0 && header.SchemaVersion < _log[^1].Header.SchemaVersion)
                throw new GridException(GridErrorCode.SchemaStale, "stale") { Detail = _log[^1].Header.SchemaVersion.Value };
            if (Refuses(frame) is { } refusal)
                throw refusal;

            var answer = new AppendAnswer { BaseOffset = new LogOffset(_end), EndOffset = new LogOffset(_end + header.OffsetSpan), TimestampMs = 1000 + _end };
            var stored = block.Span.ToArray();
            var stamped = header with { BaseOffset = answer.BaseOffset, TimestampMs = answer.TimestampMs };
            stamped.Write(stored);
            _log.Add((stamped, stored));
            _end += header.OffsetSpan;
            remembered.Add((header.Sequence, answer));
            if (remembered.Count > 5)
                remembered.RemoveAt(0);
            _writers[header.Writer] = remembered;
            return answer;
        }
    }
}
