using Apache.Arrow;
using Grid.Abstractions;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace Grid.Silo.Formats;

/// <summary>Writes Parquet, zstd, row groups of a million rows, with the Arrow schema beside Parquet's own.</summary>
internal sealed class ParquetFileWriter : ITableFileWriter
{
    private readonly WriterProperties _properties;
    private readonly ArrowWriterProperties _arrowProperties;
    private readonly FileWriter _writer;

    public ParquetFileWriter(string path, Schema schema)
    {
        using var builder = new WriterPropertiesBuilder();
        _properties = builder.Compression(Compression.Zstd).MaxRowGroupLength(1024 * 1024).Build();
        using var arrowBuilder = new ArrowWriterPropertiesBuilder();
        _arrowProperties = arrowBuilder.StoreSchema().Build();
        _writer = new FileWriter(path, schema, _properties, _arrowProperties);
    }

    public Task WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        _writer.WriteBufferedRecordBatch(MapArrays.Clean(batch));
        return Task.CompletedTask;
    }

    public Task CompleteAsync(CancellationToken cancellationToken)
    {
        _writer.Close();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _writer.Dispose();
        _arrowProperties.Dispose();
        _properties.Dispose();
        return default;
    }
}
