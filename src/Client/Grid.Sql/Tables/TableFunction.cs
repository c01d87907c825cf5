using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Grid.Abstractions;
using Grid.Sql.Arrow;
using Grid.Sql.Native;

namespace Grid.Sql.Tables;

/// <summary>
/// A table as a table function of DuckDB that takes no arguments. DuckDB says which columns it wants; they become its vectors without a copy. What is thrown in a callback ends the statement, and comes out of it as it
/// was.
/// </summary>
internal sealed unsafe class TableFunction(DuckConnection connection, SqlTable table, int threads, StatementScope scope)
{
    // DuckDB's vectors have so many rows.
    private const int VectorRows = 2048;

    /// <summary>Makes the function known under a name.</summary>
    public void Register(string name)
    {
        var function = DuckNative.CreateTableFunction();
        try
        {
            DuckNative.SetFunctionName(function, name);
            DuckNative.SetFunctionExtra(function, Pass(this), &Free);
            DuckNative.SetProjectionPushdown(function, true);
            DuckNative.SetFunctionBind(function, &Bind);
            DuckNative.SetFunctionInit(function, &Begin);
            DuckNative.SetFunctionLocalInit(function, &BeginThread);
            DuckNative.SetFunctionBody(function, &Fill);
            if (DuckNative.RegisterTableFunction(connection.Handle, function) != 0)
                throw new GridException(GridErrorCode.Internal, $"DuckDB does not take the table function {name}.");
        }
        finally
        {
            DuckNative.DestroyTableFunction(ref function);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Bind(nint info)
    {
        var function = Take<TableFunction>(DuckNative.BindExtra(info));
        try
        {
            function.Bound(info);
        }
        catch (Exception failure)
        {
            DuckNative.SetBindError(info, function.Failed(failure));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Begin(nint info)
    {
        var function = Take<TableFunction>(DuckNative.InitExtra(info));
        try
        {
            DuckNative.SetInitData(info, Pass(function.Begun(info)), &Free);
        }
        catch (Exception failure)
        {
            DuckNative.SetInitError(info, function.Failed(failure));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void BeginThread(nint info) => DuckNative.SetInitData(info, Pass(new Rows()), &FreeRows);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Fill(nint info, nint output)
    {
        var run = Take<Run>(DuckNative.FunctionInitData(info));
        try
        {
            run.Fill(Take<Rows>(DuckNative.FunctionLocalInitData(info)), output);
        }
        catch (Exception failure)
        {
            DuckNative.SetFunctionError(info, run.Function.Failed(failure));
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Free(nint data) => GCHandle.FromIntPtr(data).Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void FreeRows(nint data)
    {
        Take<Rows>(data).Dispose();
        GCHandle.FromIntPtr(data).Free();
    }

    private static nint Pass(object value) => GCHandle.ToIntPtr(GCHandle.Alloc(value));

    private static T Take<T>(nint data) => (T)GCHandle.FromIntPtr(data).Target!;

    private void Bound(nint info)
    {
        foreach (var column in table.Columns)
        {
            var type = DuckTypes.Create(column.Type);
            DuckNative.AddColumn(info, column.Name, type);
            DuckNative.DestroyType(ref type);
        }

        if (table.Rows is { } rows)
            DuckNative.SetCardinality(info, (ulong)rows, false);
    }

    private Run Begun(nint info)
    {
        DuckNative.SetMaxThreads(info, (ulong)threads);
        // A row id and the like, which DuckDB asks for where it wants to count only, are no columns of the table.
        var slots = new List<(ulong Output, int Column)>();
        for (var i = 0UL; i < DuckNative.InitColumnCount(info); i++)
            if (DuckNative.InitColumnIndex(info, i) is var column && column < (ulong)table.Columns.Length)
                slots.Add((i, (int)column));
        return new Run(this, slots, scope.Begin(table, [.. slots.Select(slot => slot.Column)]));
    }

    private string Failed(Exception failure)
    {
        scope.Failed(failure);
        return failure.Message;
    }

    /// <summary>One execution of the function.</summary>
    private sealed class Run(TableFunction function, List<(ulong Output, int Column)> slots, TableScan scan)
    {
        private readonly Lock _lock = new();
        private nint _converted;

        public TableFunction Function => function;

        /// <summary>Puts the next rows of a thread into its output; none: the end.</summary>
        public void Fill(Rows rows, nint output)
        {
            while (rows.IsAtEnd)
            {
                if (scan.Next() is not { } batch)
                {
                    DuckNative.SetChunkSize(output, 0);
                    return;
                }

                rows.Take(batch);
            }

            var (first, count) = rows.Next(VectorRows);
            if (slots.Count > 0)
                Reference(rows, first, count, output);
            DuckNative.SetChunkSize(output, (ulong)count);
        }

        private void Reference(Rows rows, int first, int count, nint output)
        {
            var connection = function.Connection.Helper;
            DuckError.Check(DuckNative.ChunkFromArrow(connection, (Apache.Arrow.C.CArrowArray*)rows.Export.Rows(first, count), Converted(rows), out var chunk));
            for (var i = 0; i < slots.Count; i++)
                DuckNative.ReferenceVector(DuckNative.ChunkVector(output, slots[i].Output), DuckNative.ChunkVector(chunk, (ulong)i));
            DuckNative.DestroyChunk(ref chunk);
        }

        /// <summary>The columns as DuckDB understands them, from the first batch: all have the same. Destroyed with the statement.</summary>
        private nint Converted(Rows rows)
        {
            if (Volatile.Read(ref _converted) is var known && known != 0)
                return known;
            lock (_lock)
            {
                if (_converted != 0)
                    return _converted;
                var schema = Apache.Arrow.C.CArrowSchema.Create();
                try
                {
                    Apache.Arrow.C.CArrowSchemaExporter.ExportSchema(rows.Schema, schema);
                    DuckError.Check(DuckNative.SchemaFromArrow(function.Connection.Helper, schema, out var converted));
                    function.Scope.Own(converted);
                    Volatile.Write(ref _converted, converted);
                    return converted;
                }
                finally
                {
                    Apache.Arrow.C.CArrowSchema.Free(schema);
                }
            }
        }
    }

    private DuckConnection Connection => connection;

    private StatementScope Scope => scope;

    /// <summary>What a thread reads: a batch, and the one before it, whose memory vectors may still refer to.</summary>
    private sealed class Rows : IDisposable
    {
        private (SqlBatch Batch, ArrowExport Export)? _current;
        private (SqlBatch Batch, ArrowExport Export)? _previous;
        private int _position;

        public bool IsAtEnd => _current is not { } current || _position >= current.Batch.Rows.Length;

        public ArrowExport Export => _current!.Value.Export;

        public Apache.Arrow.Schema Schema => _current!.Value.Batch.Rows.Schema;

        public void Take(SqlBatch batch)
        {
            Drop(ref _previous);
            (_previous, _current, _position) = (_current, (batch, new ArrowExport(batch.Rows)), 0);
        }

        public (int First, int Count) Next(int max)
        {
            var first = _position;
            var count = Math.Min(max, _current!.Value.Batch.Rows.Length - first);
            _position += count;
            return (first, count);
        }

        public void Dispose()
        {
            Drop(ref _previous);
            Drop(ref _current);
        }

        private static void Drop(ref (SqlBatch Batch, ArrowExport Export)? held)
        {
            if (held is { } rows)
            {
                rows.Export.Dispose();
                rows.Batch.Dispose();
            }

            held = null;
        }
    }
}
