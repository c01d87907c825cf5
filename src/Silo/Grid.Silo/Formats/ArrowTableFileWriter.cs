using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace Grid.Silo.Formats;

/// <summary>Writes Arrow IPC with zstd buffers: the file format, or the stream format.</summary>
internal sealed class ArrowTableFileWriter : ITableFileWriter
{
    private readonly FileStream _file;
    private readonly ArrowStreamWriter _writer;

    public ArrowTableFileWriter(string path, Schema schema, bool stream)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
        var options = new IpcOptions { CompressionCodec = CompressionCodecType.Zstd, CompressionCodecFactory = new CompressionCodecFactory() };
        _writer = stream
            ? new ArrowStreamWriter(_file, schema, leaveOpen: true, options)
            : new ArrowFileWriter(_file, schema, leaveOpen: true, options);
        _writer.WriteStart();
    }

    public Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => _writer.WriteRecordBatchAsync(batch, cancellationToken);

    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _writer.WriteEndAsync(cancellationToken).ConfigureAwait(false);
        await _file.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _writer.Dispose();
        await _file.DisposeAsync().ConfigureAwait(false);
    }
}
