using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Grid.Abstractions;
using ParquetSharp;
using ArrowFileReader = ParquetSharp.Arrow.FileReader;

namespace Grid.Silo.Formats;

/// <summary>Reads Parquet through ParquetSharp's Arrow reader.</summary>
internal sealed class ParquetFileReader : ITableFileReader
{
    private readonly ArrowFileReader _file;

    private ParquetFileReader(ArrowFileReader file)
    {
        _file = file;
        Columns = ArrowSchemas.FromArrow(file.Schema);
        using var parquet = file.ParquetReader;
        Rows = parquet.FileMetaData.NumRows;
    }

    public IReadOnlyList<Column> Columns { get; }

    public long? Rows { get; }

    public static ParquetFileReader Open(string path)
    {
        ArrowFileReader? file = null;
        try
        {
            file = new ArrowFileReader(path);
            return new ParquetFileReader(file);
        }
        catch (ParquetException e)
        {
            file?.Dispose();
            throw Refuse(path, e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var batches = _file.GetRecordBatchReader();
        while (await NextAsync(batches, cancellationToken).ConfigureAwait(false) is { } batch)
            yield return batch;
    }

    public void Dispose() => _file.Dispose();

    private static async ValueTask<RecordBatch?> NextAsync(IArrowArrayStream batches, CancellationToken cancellationToken)
    {
        try
        {
            return await batches.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ParquetException e)
        {
            throw Refuse("the file", e);
        }
    }

    private static GridException Refuse(string path, ParquetException e) =>
        new(GridErrorCode.InvalidArgument, $"{path} cannot be read as Parquet: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}.", e);
}
