using System.Runtime.InteropServices;

namespace Grid.Silo.Tests.Iceberg;

/// <summary>A test that runs ClickHouse in process (npm chdb), which has no build for Windows; of the others this is the one that was tried.</summary>
public sealed class ClickHouseFactAttribute : FactAttribute
{
    public ClickHouseFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            Skip = "npm chdb is run on Linux x64";
    }
}
