using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.C;
using Grid.Sql.Arrow;

namespace Grid.Sql.Native;

/// <summary>The rows of a statement that runs: chunk by chunk, as Arrow batches. One caller at a time.</summary>
internal sealed unsafe class DuckRows : IDisposable
{
    private readonly string? _shown;
    private readonly int _shift;
    private readonly nint[] _types;
    private DuckResult _result;
    private nint _options;

    public DuckRows(DuckConnection connection, DuckResult result, string? shown, int shift)
    {
        _result = result;
        (_shown, _shift) = (shown, shift);
        DuckNative.GetArrowOptions(connection.Handle, out _options);
        _types = new nint[DuckNative.ColumnCount(ref _result)];
        for (var i = 0; i < _types.Length; i++)
            _types[i] = DuckNative.ColumnLogicalType(ref _result, (ulong)i);
        Raw = ReadSchema();
        Schema = UuidArrays.Convert(Raw, _types);
    }

    /// <summary>The columns.</summary>
    public Schema Schema { get; }

    private Schema Raw { get; }

    /// <summary>The next rows; null: there are no more. The caller disposes them.</summary>
    public RecordBatch? Next()
    {
        while (true)
        {
            var chunk = DuckNative.FetchChunk(_result);
            if (chunk == 0)
            {
                if (Marshal.PtrToStringUTF8(DuckNative.ResultError(ref _result)) is { Length: > 0 } error)
                    throw DuckError.Of(error, _shown, _shift);
                return null;
            }

            try
            {
                if (DuckNative.ChunkSize(chunk) > 0)
                    return Import(chunk);
            }
            finally
            {
                DuckNative.DestroyChunk(ref chunk);
            }
        }
    }

    public void Dispose()
    {
        for (var i = 0; i < _types.Length; i++)
            DuckNative.DestroyType(ref _types[i]);
        DuckNative.DestroyArrowOptions(ref _options);
        DuckNative.DestroyResult(ref _result);
    }

    private Schema ReadSchema()
    {
        var names = new nint[_types.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = DuckNative.ColumnName(ref _result, (ulong)i);
        var schema = CArrowSchema.Create();
        try
        {
            fixed (nint* types = _types)
            fixed (nint* texts = names)
                DuckError.Check(DuckNative.ToArrowSchema(_options, types, texts, (ulong)names.Length, schema));
            return CArrowSchemaImporter.ImportSchema(schema);
        }
        finally
        {
            CArrowSchema.Free(schema);
        }
    }

    private RecordBatch Import(nint chunk)
    {
        var array = CArrowArray.Create();
        try
        {
            DuckError.Check(DuckNative.ChunkToArrow(_options, chunk, array));
            return UuidArrays.Convert(CArrowArrayImporter.ImportRecordBatch(array, Raw), Schema, _types);
        }
        finally
        {
            CArrowArray.Free(array);
        }
    }
}
