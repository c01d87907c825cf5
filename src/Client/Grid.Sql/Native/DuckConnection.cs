using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Grid.Abstractions;

namespace Grid.Sql.Native;

/// <summary>A private in-memory database and a connection to it. One caller at a time, but for <see cref="Interrupt"/>.</summary>
internal sealed unsafe class DuckConnection : IDisposable
{
    private nint _database;
    private nint _connection;
    private nint _helper;

    private DuckConnection(nint database)
    {
        _database = database;
        if (DuckNative.Connect(database, out _connection) != 0 || DuckNative.Connect(database, out _helper) != 0)
            throw new GridException(GridErrorCode.Internal, "DuckDB's in-memory database takes no connection.");
    }

    public nint Handle => _connection;

    /// <summary>A second connection, for calls that are made while the first one runs a statement.</summary>
    public nint Helper => _helper;

    /// <summary>Opens a new database.</summary>
    /// <param name="settings">Settings of DuckDB, by name.</param>
    public static DuckConnection Open(IEnumerable<(string Name, string Value)> settings)
    {
        if (DuckNative.CreateConfig(out var config) != 0)
            throw new GridException(GridErrorCode.Internal, "DuckDB made no configuration.");
        try
        {
            foreach (var (name, value) in settings)
                if (DuckNative.SetConfig(config, name, value) != 0)
                    throw new GridException(GridErrorCode.InvalidArgument, $"DuckDB has no setting {name} of value '{value}'.");
            if (DuckNative.Open(":memory:", out var database, config, out var error) == 0)
                return new DuckConnection(database);
            var text = Marshal.PtrToStringUTF8(error) ?? "";
            DuckNative.Free(error);
            throw DuckError.Of(text, sql: null);
        }
        finally
        {
            DuckNative.DestroyConfig(ref config);
        }
    }

    /// <summary>Runs statements without results.</summary>
    public void Execute(string sql)
    {
        DuckResult result = default;
        fixed (byte* text = Utf8(sql))
        {
            var failed = DuckNative.Query(_connection, text, ref result) != 0;
            var error = failed ? Marshal.PtrToStringUTF8(DuckNative.ResultError(ref result)) ?? "" : null;
            DuckNative.DestroyResult(ref result);
            if (error is not null)
                throw DuckError.Of(error, sql: null);
        }
    }

    /// <summary>Prepares a statement.</summary>
    /// <param name="sql">What DuckDB is given.</param>
    /// <param name="shown">The user's statement within it, for the places of errors.</param>
    /// <param name="shift">Bytes in front of it.</param>
    public DuckStatement Prepare(string sql, string? shown = null, int shift = 0)
    {
        fixed (byte* text = Utf8(sql))
        {
            if (DuckNative.Prepare(_connection, text, out var statement) == 0)
                return new DuckStatement(this, statement, shown, shift);
            var error = Marshal.PtrToStringUTF8(DuckNative.PrepareError(statement)) ?? "";
            DuckNative.DestroyPrepare(ref statement);
            throw DuckError.Of(error, shown, shift);
        }
    }

    /// <summary>All rows of a small result.</summary>
    public List<RecordBatch> Read(string sql, params object?[] parameters)
    {
        using var statement = Prepare(sql);
        for (var i = 0; i < parameters.Length; i++)
            statement.Bind(i + 1, parameters[i]);
        using var rows = statement.Execute();
        var batches = new List<RecordBatch>();
        while (rows.Next() is { } batch)
            batches.Add(batch);
        return batches;
    }

    /// <summary>Has whatever runs on the connection end; from any thread.</summary>
    public void Interrupt()
    {
        if (_connection != 0)
            DuckNative.Interrupt(_connection);
    }

    public void Dispose()
    {
        DuckNative.Disconnect(ref _helper);
        DuckNative.Disconnect(ref _connection);
        DuckNative.Close(ref _database);
    }

    private static byte[] Utf8(string sql) => Encoding.UTF8.GetBytes(sql + "\0");
}
