using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;
using Column = Grid.Abstractions.Column;

namespace Grid.Storage.Lake.Keys;

/// <summary>
/// How rows of data files are said to be gone: Iceberg's position delete files (the spec's "Position Delete Files"), a row of location and position each, in this order. All that knows the encoding is
/// here, so that version 3's deletion vectors can take its place.
/// </summary>
internal static class PositionDeletes
{
    private const int BatchRows = 8 * 1024;
    private static readonly Column Location = new("file_path", DataType.String, nullable: false) { Id = new ColumnId(2147483546) };
    private static readonly Column Position = new("pos", DataType.Int64, nullable: false) { Id = new ColumnId(2147483545) };
    private static readonly TableSchema Schema = new() { Version = new SchemaVersion(1), Columns = [Location, Position], LastColumnId = Location.Id.Value };
    private static readonly Apache.Arrow.Schema Arrow = ArrowSchemas.ToArrow(Schema);

    /// <summary>Writes a file of them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="deletes">The rows; they get sorted.</param>
    /// <param name="locationOf">The location of a data file by its number.</param>
    /// <param name="location">Where the file is to lie.</param>
    /// <param name="partition">That of the data files.</param>
    /// <param name="options">How.</param>
    public static LakeFile Write(
        Stream output, Span<LakePlace> deletes, Func<int, string> locationOf, string location, ImmutableArray<object?> partition, LakeWriterOptions options)
    {
        // Each file's rows are together and rise; then the files by their locations, which sort as bytes.
        deletes.Sort();
        var files = new List<(string Location, int Start, int Count)>();
        for (var start = 0; start < deletes.Length;)
        {
            var count = 1;
            while (start + count < deletes.Length && deletes[start + count].File == deletes[start].File)
                count++;
            files.Add((locationOf(deletes[start].File), start, count));
            start += count;
        }

        files.Sort((left, right) => string.CompareOrdinal(left.Location, right.Location));
        using var writer = new LakeFileWriter(output, Schema, options);
        foreach (var (name, start, count) in files)
            for (var done = 0; done < count; done += BatchRows)
                Write(writer, name, deletes.Slice(start + done, Math.Min(BatchRows, count - done)));
        return writer.Close(location, partition) with
        {
            Content = LakeFileContent.PositionDeletes,
            ReferencedDataFile = files is [var only] ? only.Location : null,
        };
    }

    /// <summary>Reads files of them: the positions that are gone of each of some data files.</summary>
    /// <param name="store">The warehouse.</param>
    /// <param name="files">The delete files.</param>
    /// <param name="of">The data files by their locations; deletes of others are passed over.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, with the file; <see cref="GridErrorCode.StorageFailed"/>: one is gone.</exception>
    public static async Task<IReadOnlyDictionary<string, DeletedRows>> ReadAsync(
        ILakeStore store, IEnumerable<LakeFile> files, IReadOnlyDictionary<string, LakeFile> of, LakeFramesOptions options, CancellationToken cancellationToken)
    {
        var deleted = new Dictionary<string, DeletedRows>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (file.ReferencedDataFile is { } only && !of.ContainsKey(only))
                continue;
            await foreach (var (location, position) in ReadAsync(store, file, options, cancellationToken).ConfigureAwait(false))
            {
                if (!of.TryGetValue(location, out var data))
                    continue;
                if (position < 0 || position >= data.Rows)
                    throw LakeErrors.Damaged($"{file.Location} deletes row {position} of {location}, which has rows 0 to {data.Rows - 1}");
                if (!deleted.TryGetValue(location, out var rows))
                    deleted.Add(location, rows = new DeletedRows(data.Rows));
                rows.Add(position);
            }
        }

        return deleted;
    }

    private static async IAsyncEnumerable<(string Location, long Position)> ReadAsync(
        ILakeStore store, LakeFile file, LakeFramesOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = new LakeFileStream(store, store.NameOf(file.Location), file.Bytes, options.ReadAheadBytes, cancellationToken);
        using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), cancellationToken).ConfigureAwait(false);
        string? last = null;
        await foreach (var batch in reader.ReadAsync(Schema, null, cancellationToken).ConfigureAwait(false))
            using (batch)
            {
                var locations = (StringArray)batch.Rows.Column(0);
                var positions = (Int64Array)batch.Rows.Column(1);
                for (var row = 0; row < batch.Rows.Length; row++)
                {
                    // One location has thousands of rows.
                    if (last is null || !Same(locations, row, last))
                        last = locations.GetString(row) ?? throw LakeErrors.Damaged($"row {batch.FirstRow + row} of {file.Location} names no file");
                    yield return (last, positions.GetValue(row) ?? throw LakeErrors.Damaged($"row {batch.FirstRow + row} of {file.Location} names no position"));
                }
            }
    }

    private static bool Same(StringArray locations, int row, string text)
    {
        var bytes = locations.GetBytes(row);
        return bytes.Length == text.Length && System.Text.Ascii.Equals(bytes, text);
    }

    private static void Write(LakeFileWriter writer, string location, ReadOnlySpan<LakePlace> deletes)
    {
        var locations = new StringArray.Builder().Reserve(deletes.Length);
        var positions = new Int64Array.Builder().Reserve(deletes.Length);
        foreach (var delete in deletes)
        {
            locations.Append(location);
            positions.Append(delete.Row);
        }

        using var batch = new RecordBatch(Arrow, [locations.Build(), positions.Build()], deletes.Length);
        writer.Write(batch);
    }
}
