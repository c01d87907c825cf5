using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>The open scans of a shard by id: bounded in number, closed when idle, one page at a time each. Thread safe; pages block.</summary>
internal sealed class ShardScans : IDisposable
{
    /// <summary>Taken after a scan's own lock, never before it.</summary>
    private readonly Lock _lock = new();
    private readonly Dictionary<long, ShardScan> _open = [];
    private readonly TimeProvider _time;
    private readonly TimeSpan _idleMax;
    private readonly int _openMax;
    private readonly ITimer _timer;
    private long _lastId;
    private bool _closed;

    public ShardScans(int openMax, TimeSpan idleMax, TimeProvider time)
    {
        _openMax = openMax;
        _idleMax = idleMax;
        _time = time;

        // Ids go on from the clock: those of an earlier activation mean nothing here.
        _lastId = time.GetUtcNow().ToUnixTimeMilliseconds() << 16;
        _timer = time.CreateTimer(static state => ((ShardScans)state!).CloseIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Scans that hold a snapshot or a page.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    /// <summary>Opens a scan and reads its first page.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Busy"/>, <see cref="GridErrorCode.Closing"/>.</exception>
    public ScanAnswer Open(ShardStore store, RowAnswers answers, ScanRequest request, AnswerShape shape)
    {
        var scan = new ShardScan(store, request, shape) { UsedAt = _time.GetTimestamp() };
        ShardScan? forgotten = null;
        long id;
        try
        {
            lock (_lock)
            {
                RequireOpen();
                forgotten = MakeRoom();
                id = ++_lastId;
                _open.Add(id, scan);
                if (_open.Count == 1)
                    _timer.Change(_idleMax / 2, _idleMax / 2);
            }
        }
        catch
        {
            scan.Dispose();
            throw;
        }

        Release(forgotten);
        return Read(id, scan, answers, 0);
    }

    /// <summary>The next page of a scan, or its last one again.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.UnknownScan"/>, <see cref="GridErrorCode.InvalidArgument"/>.</exception>
    public ScanAnswer Next(long id, RowAnswers answers, int page)
    {
        ShardScan? scan;
        lock (_lock)
        {
            RequireOpen();
            if (!_open.TryGetValue(id, out scan))
                throw Unknown(id);
            scan.UsedAt = _time.GetTimestamp();
        }

        return Read(id, scan, answers, page);
    }

    /// <summary>Closes a scan; waits for the page that is being read.</summary>
    public void Close(long id)
    {
        ShardScan? scan;
        lock (_lock)
            _open.Remove(id, out scan);
        Release(scan);
    }

    public void Dispose()
    {
        ShardScan[] scans;
        lock (_lock)
        {
            _closed = true;
            scans = [.. _open.Values];
            _open.Clear();
        }

        _timer.Dispose();
        foreach (var scan in scans)
            Release(scan);
    }

    private static GridException Unknown(long id) =>
        new(GridErrorCode.UnknownScan, $"There is no open scan {id}: it was closed, was idle too long, or its bucket moved. Open it again.");

    private static void Release(ShardScan? scan)
    {
        if (scan is null)
            return;
        lock (scan)
            scan.Dispose();
    }

    private void RequireOpen()
    {
        if (_closed)
            throw new GridException(GridErrorCode.Closing, "The bucket's shard is closing; ask again.");
    }

    private ScanAnswer Read(long id, ShardScan scan, RowAnswers answers, int page)
    {
        bool close;
        ScanAnswer answer;
        lock (scan)
        {
            lock (_lock)
                if (!_open.ContainsKey(id))
                    throw Unknown(id);
            try
            {
                var block = scan.Read(answers, page);
                answer = new ScanAnswer { ScanId = scan.Finished ? 0 : id, Page = page, Rows = block, Offset = scan.Offset };
            }
            catch (GridException exception) when (exception.Code != GridErrorCode.InvalidArgument)
            {
                Close(id);
                throw;
            }

            // A caller who never learned the id cannot ask for the page again; any other may.
            close = scan.Finished && page == 0;
        }

        if (close)
            Close(id);
        return answer;
    }

    /// <summary>A finished scan only waits for its last page to be asked for again: it goes first. The caller releases it outside the lock.</summary>
    private ShardScan? MakeRoom()
    {
        if (_open.Count < _openMax)
            return null;
        foreach (var (id, scan) in _open)
        {
            if (!scan.Finished)
                continue;
            _open.Remove(id);
            return scan;
        }

        throw new GridException(GridErrorCode.Busy, $"{_openMax} scans of this bucket are open, which is the most; close one or try again later.");
    }

    private void CloseIdle()
    {
        List<ShardScan>? idle = null;
        lock (_lock)
        {
            foreach (var (id, scan) in _open)
            {
                if (_time.GetElapsedTime(scan.UsedAt) < _idleMax)
                    continue;
                _open.Remove(id);
                (idle ??= []).Add(scan);
            }

            if (_open.Count == 0 && !_closed)
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        foreach (var scan in idle ?? [])
            Release(scan);
    }
}
