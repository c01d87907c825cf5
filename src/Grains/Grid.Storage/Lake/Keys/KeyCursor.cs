using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;

namespace Grid.Storage.Lake.Keys;

/// <summary>Walks the live rows of one data file, which are in key order, batch by batch. One caller at a time.</summary>
internal sealed class KeyCursor : IAsyncDisposable
{
    private readonly LakeFile _file;
    private readonly DeletedRows? _deleted;
    private readonly KeyEncoder _encoder;
    private readonly int[] _keyColumns;
    private readonly LakeFileStream _stream;
    private LakeFileReader? _reader;
    private IAsyncEnumerator<LakeBatch>? _batches;

    private KeyCursor(LakeFile file, DeletedRows? deleted, TableSchema schema, LakeFileStream stream)
    {
        _file = file;
        _deleted = deleted;
        _encoder = new KeyEncoder(schema, schema.PrimaryKey);
        _keyColumns = [.. schema.PrimaryKey.Select(schema.IndexOf)];
        _stream = stream;
    }

    /// <summary>The batch that it is in; whoever picked rows of it holds on to it, see <see cref="HeldRows"/>.</summary>
    public HeldRows? Rows { get; private set; }

    /// <summary>The row that it is at.</summary>
    public int Row { get; private set; } = -1;

    /// <summary>Its key; valid until the batch is released.</summary>
    public ReadOnlySpan<byte> Key => Rows!.Keys[Row];

    /// <summary>Opens a file, before its first row.</summary>
    public static async Task<KeyCursor> OpenAsync(ILakeStore store, LakeFile file, DeletedRows? deleted, TableSchema schema, CancellationToken cancellationToken)
    {
        var options = new LakeFramesOptions();
        var cursor = new KeyCursor(file, deleted, schema, new LakeFileStream(store, store.NameOf(file.Location), file.Bytes, options.ReadAheadBytes, cancellationToken));
        try
        {
            cursor._reader = await LakeFileReader.OpenAsync(cursor._stream, new LakeReadOptions { BatchRows = options.BatchRows }, cancellationToken).ConfigureAwait(false);
            if (cursor._reader.Rows != file.Rows)
                throw LakeErrors.Damaged($"{file.Location} has {cursor._reader.Rows} rows and its manifest says {file.Rows}");
            cursor._batches = cursor._reader.ReadAsync(LakeColumns.Extend(schema), null, cancellationToken).GetAsyncEnumerator(cancellationToken);
            return cursor;
        }
        catch
        {
            await cursor.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Goes on within the batch; false: the batch is at its end, see <see cref="NextBatchAsync"/>.</summary>
    public bool MoveNext()
    {
        while (Rows is not null && ++Row < Rows.Batch.Length)
            if (_deleted is null || !_deleted.Contains(Rows.FirstRow + Row))
                return true;
        return false;
    }

    /// <summary>Leaves the batch, and goes to the first live row of those that follow; false: there is none.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: the file does not read.</exception>
    public async ValueTask<bool> NextBatchAsync()
    {
        do
        {
            Rows?.Release();
            Rows = null;
            if (!await _batches!.MoveNextAsync().ConfigureAwait(false))
                return false;
            var batch = _batches.Current;
            try
            {
                Rows = new HeldRows(batch.Rows, _encoder.Encode(batch.Rows, _keyColumns), batch.FirstRow);
            }
            catch (GridException exception)
            {
                batch.Dispose();
                throw LakeErrors.Damaged($"a key in {_file.Location} does not read: {exception.Message}", exception);
            }

            Row = -1;
        }
        while (!MoveNext());
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        Rows?.Release();
        Rows = null;
        if (_batches is not null)
            await _batches.DisposeAsync().ConfigureAwait(false);
        _reader?.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>Rows and their keys that several hold: they go with the last. One thread at a time.</summary>
internal sealed class HeldRows(RecordBatch batch, EncodedKeys keys, long firstRow)
{
    private int _holders = 1;

    public RecordBatch Batch => batch;

    public EncodedKeys Keys => keys;

    /// <summary>The position in the file of the first.</summary>
    public long FirstRow => firstRow;

    /// <summary>One more holds them.</summary>
    public void Hold() => _holders++;

    /// <summary>One less.</summary>
    public void Release()
    {
        if (--_holders > 0)
            return;
        keys.Dispose();
        batch.Dispose();
    }
}
