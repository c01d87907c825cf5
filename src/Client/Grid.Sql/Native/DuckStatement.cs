using System.Runtime.InteropServices;
using Grid.Abstractions;

namespace Grid.Sql.Native;

/// <summary>A prepared statement.</summary>
internal sealed class DuckStatement(DuckConnection connection, nint handle, string? shown, int shift) : IDisposable
{
    private nint _handle = handle;

    public int ParameterCount => (int)DuckNative.ParameterCount(_handle);

    /// <summary>The name of a parameter, from 1; a number for one that has none.</summary>
    public string ParameterName(int index)
    {
        var name = DuckNative.ParameterName(_handle, (ulong)index);
        var text = Marshal.PtrToStringUTF8(name) ?? "";
        DuckNative.Free(name);
        return text;
    }

    /// <summary>Gives a parameter, from 1, a value.</summary>
    public void Bind(int index, object? value)
    {
        var handle = DuckValue.Create(value, ParameterName(index));
        var state = DuckNative.BindValue(_handle, (ulong)index, handle);
        DuckNative.DestroyValue(ref handle);
        if (state != 0)
            throw new GridException(GridErrorCode.InvalidArgument, $"DuckDB does not take {value?.GetType().Name ?? "null"} for the parameter ${ParameterName(index)}.");
    }

    /// <summary>Begins to run; rows come as they are asked for.</summary>
    public DuckRows Execute()
    {
        DuckResult result = default;
        if (DuckNative.ExecuteStreaming(_handle, ref result) == 0)
            return new DuckRows(connection, result, shown, shift);
        var error = Marshal.PtrToStringUTF8(DuckNative.ResultError(ref result)) ?? "";
        DuckNative.DestroyResult(ref result);
        throw DuckError.Of(error, shown, shift);
    }

    public void Dispose() => DuckNative.DestroyPrepare(ref _handle);
}
