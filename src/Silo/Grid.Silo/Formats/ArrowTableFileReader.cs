using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Grid.Abstractions;

namespace Grid.Silo.Formats;

/// <summary>Reads Arrow IPC: the file format or the stream format, told apart by the file's first bytes.</summary>
internal sealed class ArrowTableFileReader : ITableFileReader
{
    private static ReadOnlySpan<byte> FileMagic => "ARROW1"u8;

    private readonly FileStream _stream;
    private readonly IArrowReader _reader;

    private ArrowTableFileReader(FileStream stream, IArrowReader reader, Schema schema)
    {
        _stream = stream;
        _reader = reader;
        Columns = ArrowSchemas.FromArrow(schema);
    }

    public IReadOnlyList<Column> Columns { get; }

    // Neither form says how many rows it has before they are read.
    public long? Rows => null;

    public static ArrowTableFileReader Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        try
        {
            Span<byte> start = stackalloc byte[FileMagic.Length];
            var isFile = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(FileMagic);
            stream.Position = 0;
            if (isFile)
            {
                var reader = new ArrowFileReader(stream, allocator: null, new CompressionCodecFactory(), leaveOpen: true);
                return new ArrowTableFileReader(stream, new ArrowFileSource(reader), reader.Schema ?? throw new InvalidDataException("it has no schema"));
            }

            var streamReader = new ArrowStreamReader(stream, new CompressionCodecFactory(), leaveOpen: true);
            return new ArrowTableFileReader(stream, new ArrowStreamSource(streamReader), streamReader.Schema ?? throw new InvalidDataException("it has no schema"));
        }
        catch (Exception e) when (e is not GridException)
        {
            // Whatever the library throws over bytes that it cannot read means the same to the user.
            stream.Dispose();
            throw Refuse(path, e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
            yield return batch;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }

    private async ValueTask<RecordBatch?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.NextAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Refuse(_stream.Name, e);
        }
    }

    private static GridException Refuse(string path, Exception e) =>
        new(GridErrorCode.InvalidArgument, $"{path} cannot be read as Arrow IPC: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", e);

    private interface IArrowReader : IDisposable
    {
        ValueTask<RecordBatch?> NextAsync(CancellationToken cancellationToken);
    }

    private sealed class ArrowFileSource(ArrowFileReader reader) : IArrowReader
    {
        private int _next;

        public async ValueTask<RecordBatch?> NextAsync(CancellationToken cancellationToken) =>
            _next < await reader.RecordBatchCountAsync().ConfigureAwait(false)
                ? await reader.ReadRecordBatchAsync(_next++, cancellationToken).ConfigureAwait(false)
                : null;

        public void Dispose() => reader.Dispose();
    }

    private sealed class ArrowStreamSource(ArrowStreamReader reader) : IArrowReader
    {
        public ValueTask<RecordBatch?> NextAsync(CancellationToken cancellationToken) => reader.ReadNextRecordBatchAsync(cancellationToken)!;

        public void Dispose() => reader.Dispose();
    }
}
