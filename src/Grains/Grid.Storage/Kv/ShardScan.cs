using Grid.Abstractions;

namespace Grid.Storage.Kv;

/// <summary>
/// One open scan: a snapshot, an iterator over it, and the last page, which may be asked for again. A page ends at what fits a call. One caller
/// at a time (<see cref="ShardScans"/> sees to it). Blocking.
/// </summary>
internal sealed class ShardScan : IDisposable
{
    /// <summary>Rows of which few columns are wanted: at most this much is read for a page.</summary>
    private const long ReadBytesMax = 4L * 1024 * 1024;
    private readonly RocksSnapshot _snapshot;
    private readonly RocksIterator _iterator;
    private readonly AnswerShape _shape;
    private readonly List<RowRef> _rows = [];
    private readonly List<RocksSlice> _keys = [];
    private FrameBlock? _lastBlock;
    private long _left;
    private long _readBytes = GridLimits.CallBytesMax;

    public ShardScan(ShardStore store, ScanRequest request, AnswerShape shape)
    {
        _shape = shape;
        _left = request.Limit == 0 ? long.MaxValue : request.Limit;
        _snapshot = store.Rocks.Snapshot();
        try
        {
            Offset = store.ReadApplied(_snapshot);
            _iterator = _snapshot.Iterate(request.Upper.AsSpan());
            _iterator.Seek(request.Lower.IsDefaultOrEmpty ? ShardStore.FirstRowKey : request.Lower.AsSpan());
        }
        catch
        {
            _iterator?.Dispose();
            _snapshot.Dispose();
            throw;
        }
    }

    /// <summary>The offset that the snapshot is consistent with.</summary>
    public LogOffset Offset { get; }

    /// <summary>The number of the last page made; -1: none yet.</summary>
    public int Page { get; private set; } = -1;

    /// <summary>Whether the last page made was the last there is.</summary>
    public bool Finished { get; private set; }

    /// <summary>When it was last asked, in ticks of the time provider.</summary>
    public long UsedAt { get; set; }

    /// <summary>The next page, or the last one again; the answer's block has a reference for the caller.</summary>
    public FrameBlock? Read(RowAnswers answers, int page)
    {
        if (page == Page)
            return Again();
        if (page != Page + 1 || Finished)
            throw new GridException(GridErrorCode.InvalidArgument, $"The scan is at page {Page}; page {page} was asked for, legal are {Page} and {(Finished ? Page : Page + 1)}.");
        _lastBlock?.Dispose();
        _lastBlock = null;
        _lastBlock = Next(answers);
        Page = page;
        return Again();
    }

    public void Dispose()
    {
        _iterator.Dispose();
        _snapshot.Dispose();
        _lastBlock?.Dispose();
        _lastBlock = null;
    }

    private FrameBlock? Again()
    {
        if (_lastBlock?.TryRetain() == true)
            return _lastBlock;
        return null;
    }

    private FrameBlock? Next(RowAnswers answers)
    {
        using var arena = new NativeArena();
        _rows.Clear();
        _keys.Clear();
        var bytes = 0L;

        // The iterator's spans die when it moves: rows and keys are copied. The first row is taken whatever its size.
        while (_iterator.Valid && _rows.Count < _left && (bytes < _readBytes || _rows.Count == 0) && _rows.Count < FrameHeader.RowCountMax)
        {
            var row = new RowRef(arena.Copy(_iterator.Value.Span));
            _rows.Add(row);
            _keys.Add(arena.Copy(_iterator.Key.Span));
            bytes += row.Length;
            _iterator.Next();
        }

        if (_rows.Count == 0)
        {
            Finished = true;
            return null;
        }

        var block = answers.Build(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_rows), _shape, out var taken);
        if (taken < _rows.Count)
            _iterator.Seek(_keys[taken].Span);
        _left -= taken;
        Finished = _left == 0 || !_iterator.Valid;

        // The next page reads as many bytes as will fill a call, going by this one.
        var answered = bytes * taken / _rows.Count;
        _readBytes = Math.Clamp(answered * (GridLimits.CallBytesMax * 15 / 16) / block.Length, GridLimits.CallBytesMax / 4, ReadBytesMax);
        return block.ForAnswer();
    }
}
