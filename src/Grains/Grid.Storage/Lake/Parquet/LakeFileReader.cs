using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Grid.Abstractions;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace Grid.Storage.Lake.Parquet;

/// <summary>
/// Reads a Parquet file of a lake table from a seekable stream, by field ids. One reader of it at a time: the native reader works on one thread, and the
/// stream is read from the thread pool. Memory: the compressed chunks of the columns of one row group, and a batch.
/// </summary>
internal sealed class LakeFileReader : IDisposable
{
    private readonly LakeInput _input;
    private readonly LakeReadOptions _options;
    private readonly ReaderProperties _properties;
    private readonly ArrowReaderProperties _arrowProperties;
    private readonly FileReader _file;
    private readonly long[] _groupRows;

    private LakeFileReader(LakeInput input, LakeReadOptions options)
    {
        _input = input;
        _options = options;
        _properties = ReaderProperties.GetDefaultReaderProperties();
        _arrowProperties = ArrowReaderProperties.GetDefault();
        try
        {
            _properties.EnablePageChecksumVerification();
            _arrowProperties.UseThreads = false;
            _arrowProperties.PreBuffer = false; // would read ahead on threads of its own
            _arrowProperties.BatchSize = options.BatchRows;
            _file = new FileReader(input, _properties, _arrowProperties, leaveOpen: true);
            _groupRows = GroupRows(_file);
        }
        catch
        {
            _file?.Dispose();
            _arrowProperties.Dispose();
            _properties.Dispose();
            throw;
        }
    }

    /// <summary>Rows of the file.</summary>
    public long Rows => _groupRows.Sum();

    /// <summary>Opens a file: reads its footer, on the thread pool. The stream stays the caller's, and is the reader's until that is disposed.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: it is no Parquet file. What the stream throws comes through as it is.</exception>
    public static Task<LakeFileReader> OpenAsync(Stream file, LakeReadOptions options, CancellationToken cancellationToken)
    {
        var input = new LakeInput(file);
        return Task.Run(() => Call(input, () => new LakeFileReader(input, options)), cancellationToken);
    }

    /// <summary>Reads from the beginning to the end.</summary>
    /// <param name="schema">The schema to read it with.</param>
    /// <param name="columns">The columns wanted, in order; null: all of the schema, which includes those of the lake only where it was extended by them.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>; else as <see cref="LakeReadPlan"/>.</exception>
    public async IAsyncEnumerable<LakeBatch> ReadAsync(TableSchema schema, IReadOnlyList<ColumnId>? columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var plan = new LakeReadPlan(_file, schema, columns);
        var footer = _options.Keep is null ? null
            : await Task.Run(() => ParquetFooter.Read(_input, _options.FooterBytesMax), cancellationToken).ConfigureAwait(false);
        var firstRow = 0L;
        for (var group = 0; group < _groupRows.Length; firstRow += _groupRows[group++])
        {
            if (footer is not null && !_options.Keep!(footer, group))
                continue;
            var batches = plan.Leaves.Length == 0 ? plan.Missing(_groupRows[group], _options.BatchRows).ToAsyncEnumerable() : ReadGroupAsync(plan, group, cancellationToken);
            var position = firstRow;
            await foreach (var batch in batches.ConfigureAwait(false))
            {
                var at = position;
                position += batch.Length;
                yield return new LakeBatch(batch, at);
            }
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        _arrowProperties.Dispose();
        _properties.Dispose();
    }

    private async IAsyncEnumerable<RecordBatch> ReadGroupAsync(LakeReadPlan plan, int group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var rows = 0L;
        using var batches = Call(_input, () => _file.GetRecordBatchReader([group], plan.Leaves));
        while (await Task.Run(() => Call(_input, () => Next(batches)), cancellationToken).ConfigureAwait(false) is { } batch)
        {
            rows += batch.Length;
            yield return plan.Convert(batch);
        }

        // A page's checksum does not cover its header: a page of a type that the native reader does not know is passed over.
        if (rows != _groupRows[group])
            throw new GridException(GridErrorCode.Corrupt,
                $"A row group of the lake file has {rows} rows in its pages and {_groupRows[group]} by its footer. Fetch or write it again.");
    }

    // The native stream answers at once.
    private static RecordBatch? Next(IArrowArrayStream batches) => batches.ReadNextRecordBatchAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    private static long[] GroupRows(FileReader file)
    {
        using var parquet = file.ParquetReader;
        var rows = new long[file.NumRowGroups];
        for (var i = 0; i < rows.Length; i++)
        {
            using var group = parquet.RowGroup(i);
            rows[i] = group.MetaData.NumRows;
        }

        return rows;
    }

    private static T Call<T>(LakeInput input, Func<T> native)
    {
        try
        {
            return native();
        }
        catch (Exception) when (input.Failure is { } failure)
        {
            failure.Throw();
            throw;
        }
        // What goes wrong in a native stream of batches comes as a plain Exception.
        catch (Exception e) when (e is ParquetException || e.GetType() == typeof(Exception))
        {
            throw new GridException(GridErrorCode.Corrupt,
                $"The lake file cannot be read as Parquet: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}. Fetch or write it again.", e);
        }
    }
}
